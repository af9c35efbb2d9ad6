// The methods, one file each, which says what it computes and from which paper. docs/methods.md
// compares them.
#pragma once

#include <memory>

#include "model/method.h"

namespace gvsl::model {

// `options.width` is a multiple of 8; `options.method` is read where one file serves several names.
using MethodPointer = std::unique_ptr<Method>;
MethodPointer MakeGvsl(const MethodOptions& options);
MethodPointer MakeScratch(const MethodOptions& options);
MethodPointer MakeDenoising(const MethodOptions& options);
MethodPointer MakeInpainting(const MethodOptions& options);
MethodPointer MakeModelsGenesis(const MethodOptions& options);
MethodPointer MakeMae(const MethodOptions& options);
MethodPointer MakeRotation(const MethodOptions& options);
MethodPointer MakeDeepCluster(const MethodOptions& options);
MethodPointer MakeSimSiam(const MethodOptions& options);
MethodPointer MakeByol(const MethodOptions& options);
MethodPointer MakeSimClr(const MethodOptions& options);
MethodPointer MakeDenseCl(const MethodOptions& options);

}  // namespace gvsl::model
