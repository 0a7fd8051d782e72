#pragma once

namespace md {

/// Opens /dev/null on those of the descriptors 0 to 2 that are closed, before a file of ours gets
/// their numbers and what is printed.
void open_standard_descriptors();
/// What asks a program to end: SIGINT, SIGTERM, SIGHUP (unless the caller has it ignored, as nohup
/// does), SIGUSR1 and SIGXCPU. From now on one of them ends it at once with 128 plus its number. A
/// reader that went away (SIGPIPE) ends nothing: the call that writes fails.
void end_on_signals();
/// From now on they are only remembered: what is going on ends by itself, with a checkpoint.
void catch_signals();
/// True once one of them has come.
bool stop_requested();

}  // namespace md
