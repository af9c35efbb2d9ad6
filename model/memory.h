// How this process treats memory between steps.
#pragma once

namespace gvsl::model {

// Every step frees and takes the same hundreds of large tensors. glibc gives each back to the
// kernel and has it cleared page by page at the next step; after this call it keeps them. Call it
// once, first thing in main. Changes no result.
void KeepFreedMemory();

}  // namespace gvsl::model
