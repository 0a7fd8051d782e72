#pragma once

namespace md {

/// Loads the shared objects in the folders of UNDERSTUDY_PLUGINS, then those of run.plugins, given
/// on the command line or in the input files (of folders: in their input.ini) that it names. They
/// bring keys, so this comes before the command line and the files are checked. Throws InputError.
void load_plugins(int argc, const char* const* argv);

}  // namespace md
