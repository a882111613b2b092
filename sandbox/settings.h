/* GET /settings/public and GET /settings (API reference 5.4). */
#ifndef SANDBOX_SETTINGS_H
#define SANDBOX_SETTINGS_H

#include "sandbox/act.h"

void settings_answer(struct act *act);

#endif
