#pragma once

namespace cli {

/// Gives back the pages of programs and libraries that only their start needed: symbols that the loader looked up,
/// tables that were read once. What is needed again comes from the page cache, which keeps it as long as there is room.
/// Nothing happens under a debugger, whose breakpoints stand in such pages. For when everything is open.
void release_start_pages();

}  // namespace cli
