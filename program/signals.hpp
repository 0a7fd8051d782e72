#pragma once

namespace md {

/// What asks a program to end: SIGINT, SIGTERM, SIGHUP (unless the caller has it ignored, as nohup
/// does), SIGUSR1 and SIGXCPU. From now on one of them ends it at once with 128 plus its number.
void end_on_signals();
/// From now on they are only remembered: what is going on ends by itself, with a checkpoint.
void catch_signals();
/// True once one of them has come.
bool stop_requested();

}  // namespace md
