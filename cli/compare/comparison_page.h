// A comparison as one page that needs nothing else: the table, what stands out, and the curves of
// convergence. Pure.
#pragma once

#include <string>

#include "cli/compare/comparison_table.h"
#include "cli/compare/pictures.h"

namespace gvsl::cli {

// HTML. Curves are means over the seeds, of the validation part; pictures follow them.
std::string ComparisonPage(const ComparedTable& table, const std::vector<Picture>& pictures = {});

// Whether the table shows what the method's paper does, a sentence a column in which gvsl has all
// its seeds: against the nearest of the others that have all theirs, seed by seed; registration, of
// which the paper compares no methods, against none. Empty where gvsl is not in it.
std::vector<std::string> AgainstThePaper(const ComparedTable& table);

}  // namespace gvsl::cli
