#!/usr/bin/env bash
# Builds the image and brings the compose project up with a real Docker engine: everything gets healthy, workers scale,
# secrets are files that only their owner reads, nothing runs as root, and all of it goes away again.
# Where no engine can run it says so and exits with 77, which ctest shows as skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

work=$(mktemp -d)
project=handover-test-$$
engine=
export HANDOVER_IMAGE=handover:test-$$
export COMPOSE_INTERACTIVE_NO_CLI=1

skip() {
    printf '\n*** SKIPPED: the Docker image was NOT tested: %s ***\n\n' "$*"
    exit 77
}

say() {
    printf '== %s\n' "$*"
}

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    compose ps >&2 || true
    compose logs --tail 30 >&2 || true
    exit 1
}

compose() {
    docker-compose --project-name "$project" --env-file docker/try.env -f docker/compose.yaml "$@"
}

clean_up() {
    compose down --volumes --timeout 20 >"$work/down" 2>&1 || true
    if [ -n "$engine" ]; then
        kill "$engine" 2>/dev/null || true
        wait "$engine" 2>/dev/null || true
        grep -F " $work/" /proc/mounts | awk '{ print $2 }' | sort -r | xargs -r umount -l 2>/dev/null || true
    else
        docker image rm -f "$HANDOVER_IMAGE" >/dev/null 2>&1 || true
    fi
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# An engine of our own, with its data in a folder of our own: $1 is the storage driver.
start_engine() {
    export DOCKER_HOST=unix://$work/docker.sock
    dockerd --host "$DOCKER_HOST" --data-root "$work/data" --exec-root "$work/exec" --pidfile "$work/pid" \
        --storage-driver "$1" >"$work/dockerd.log" 2>&1 &
    engine=$!
    for _ in $(seq 100); do
        docker info >/dev/null 2>&1 && return 0
        kill -0 "$engine" 2>/dev/null || break
        sleep 0.3
    done
    kill "$engine" 2>/dev/null || true
    wait "$engine" 2>/dev/null || true
    engine=
    return 1
}

find_engine() {
    command -v docker >/dev/null && command -v docker-compose >/dev/null || skip "docker and docker-compose are not installed"
    if docker info >/dev/null 2>&1; then
        return 0
    fi
    [ "$(id -u)" -eq 0 ] || skip "no Docker engine answers, and only root can start one"
    command -v dockerd >/dev/null || skip "no Docker engine answers, and dockerd is not installed"
    start_engine overlay2 || start_engine vfs || skip "dockerd does not run here: $(tail -n 1 "$work/dockerd.log")"
}

find_base() {
    export HANDOVER_BASE=debian:12-slim
    if docker image inspect "$HANDOVER_BASE" >/dev/null 2>&1 || timeout 60 docker pull -q "$HANDOVER_BASE" >/dev/null 2>&1; then
        return 0
    fi
    export HANDOVER_BASE=handover-base:12
    docker image inspect "$HANDOVER_BASE" >/dev/null 2>&1 && return 0
    command -v debootstrap >/dev/null && [ "$(id -u)" -eq 0 ] || skip "no base image can be pulled, and only root can make one with debootstrap"
    say "making the base image with debootstrap"
    docker/base.sh "$HANDOVER_BASE"
}

build_image() {
    say "building the image"
    DOCKER_BUILDKIT=0 docker build --network host --build-arg BASE="$HANDOVER_BASE" -f docker/Dockerfile -t "$HANDOVER_IMAGE" . \
        >"$work/build.log" 2>&1 || { tail -n 40 "$work/build.log" >&2; exit 1; }
}

# Waits until as many containers of a service are healthy: wait_healthy <service> <count>
wait_healthy() {
    local service=$1 wanted=$2 healthy

    for _ in $(seq 120); do
        healthy=$(docker ps -q --filter "label=com.docker.compose.project=$project" \
            --filter "label=com.docker.compose.service=$service" --filter health=healthy | wc -l)
        [ "$healthy" -eq "$wanted" ] && return 0
        sleep 0.5
    done
    fail "$service: $healthy healthy, want $wanted"
}

container_of() {
    docker ps -q --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.service=$1" | head -n 1
}

check_hardening() {
    local id got

    for service in postgres redis coordinator worker-patients; do
        id=$(container_of "$service")
        got=$(docker exec "$id" sh -c 'id -u; stat -c %a /run/secrets/seal_key /run/secrets/database_password')
        [ "$(echo $got)" = "10001 400 400" ] || [ "$(echo $got)" = "10001 600 600" ] ||
            fail "$service runs as, and its secrets are: $got"
        if docker exec "$id" sh -c 'touch /usr/local/planted 2>/dev/null'; then
            fail "$service can write to its own programs"
        fi
    done
    if docker ps --filter "label=com.docker.compose.project=$project" --format '{{.Ports}}' | grep -q '0.0.0.0'; then
        fail "a port is published to the outside"
    fi
}

# No secret stands in an environment, an argument list or a log.
check_secrets() {
    local id secret name

    id=$(container_of coordinator)
    for name in database_password redis_password seal_key; do
        secret=$(docker exec "$id" cat "/run/secrets/$name")
        [ ${#secret} -eq 64 ] || fail "$name has ${#secret} characters, want 64"
        docker ps -q --filter "label=com.docker.compose.project=$project" | xargs docker inspect >"$work/inspect"
        compose logs --no-color >"$work/logs" 2>&1
        if grep -qF "$secret" "$work/inspect" "$work/logs"; then
            fail "$name stands in a container's settings or in a log"
        fi
    done
}

# The sample clinic goes from its export into the local Cliniko through the containers, and nobody gets a message.
check_transfer() {
    local status=0 log

    timeout 400 docker-compose --project-name "$project" --env-file docker/try.env -f docker/compose.yaml run -T --rm handover \
        run /sources/harbour --profile /usr/local/share/handover/profiles/front-desk.json --to harbour \
        --key-file /sources/harbour.key --answers /sources/harbour.answers.json --bad-rows exclude --rate 0 >"$work/run.log" 2>&1 || status=$?
    # 3: done, and the rows that cannot be sent (of patients who are not in the export) are named.
    [ "$status" -eq 0 ] || [ "$status" -eq 3 ] || { tail -n 30 "$work/run.log" >&2; fail "handover run ended with $status"; }
    grep -q 'is completed' "$work/run.log" || { tail -n 30 "$work/run.log" >&2; fail "the transfer is not completed"; }
    log=$(docker exec "$(container_of sandbox)" curl --silent --cacert /run/tls/ca.pem https://localhost:8443/__notifications)
    [[ "$log" == *'"total":0,'* ]] || fail "messages went to patients: ${log:0:200}"
}

export SANDBOX_LIMIT=0
find_engine
find_base
build_image
say "starting the project"
compose up -d --no-build >"$work/up.log" 2>&1 || { cat "$work/up.log" >&2; fail "compose up"; }
for service in postgres redis coordinator sandbox worker-extract worker-catalogue worker-patients worker-appointments worker-notes worker-attachments; do
    wait_healthy "$service" 1
done
check_hardening
say "scaling worker-patients to three"
compose up -d --no-build --scale worker-patients=3 >"$work/up.log" 2>&1 || { cat "$work/up.log" >&2; fail "scale"; }
wait_healthy worker-patients 3
say "moving the sample clinic"
check_transfer
check_secrets
say "taking it down"
compose down --volumes --timeout 40 >"$work/down" 2>&1 || { cat "$work/down" >&2; fail "down"; }
left=$(docker ps -aq --filter "label=com.docker.compose.project=$project" | wc -l)
[ "$left" -eq 0 ] || fail "$left containers are left"
say "the image was tested"
