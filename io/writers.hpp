#pragma once

#include <memory>
#include <string>

#include "md/registry.hpp"
#include "md/writer.hpp"

namespace md {

/// Trajectory formats by name; each registers itself from its own file.
using WriterRegistry = Registry<Factory<Writer, WriterOptions>>;
WriterRegistry& writers();

/// A writer of `format` ("amber", "extxyz"). With options.resume it cuts its files back to their
/// marks and goes on from there. Throws InputError for a format that is not there, for velocities,
/// forces or a layout other than in the files to continue, and when the files are too many;
/// FileError when a file to continue is missing, too short or not one of this batch.
std::unique_ptr<Writer> make_writer(const std::string& format, const WriterOptions& options);

}  // namespace md
