/* Frames of any bytes, one on each line: what is taken as a message encodes to the same frames again. */
#include <stdint.h>

#include "base/must.h"
#include "proto/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t split(const uint8_t *data, size_t size, struct slice *ret, size_t room)
{
    size_t count = 1;

    ret[0] = (struct slice){(const char *)data, 0};
    for (size_t i = 0; i < size; i++) {
        if (data[i] != '\n')
            ret[count - 1].size++;
        else if (count == room)
            return count;
        else
            ret[count++] = (struct slice){(const char *)data + i + 1, 0};
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice frames[MESSAGE_FRAMES_MAX + 2];
    size_t count = split(data, size, frames, MESSAGE_FRAMES_MAX + 2);
    struct message message;
    struct message_frames again;
    struct fault fault;
    struct text printed;

    if (!message_decode(frames, count, &message, &fault))
        return 0;
    must(message_encode(&message, &again, &fault));
    must(again.count == count);
    for (size_t i = 0; i < count; i++)
        must(again.frames[i].size == frames[i].size &&
             memcmp(again.frames[i].data, frames[i].data, frames[i].size) == 0);
    text_init(&printed, 4096);
    message_print(&message, &printed);
    must(printed.size > 0 && !printed.overflowed);
    text_release(&printed);
    return 0;
}
