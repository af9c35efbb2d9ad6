// How a process treats memory that it has freed.
#pragma once

namespace gvsl {

// A process that frees and takes the same large pieces again and again gives each back to the
// kernel and has it cleared page by page the next time, as glibc does it; after this call it keeps
// them. Call it once, first thing in main, before other threads. Changes no result; the process
// never shrinks again.
void KeepFreedMemory();

}  // namespace gvsl
