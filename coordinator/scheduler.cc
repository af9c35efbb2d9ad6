#include "coordinator/scheduler.h"

#include <algorithm>
#include <set>

#include "common/text.h"

namespace gvsl::coordinator {
namespace {

using Kind = Demand::Kind;

class Scheduling {
 public:
  Scheduling(std::vector<Offer> offers, const std::vector<GangOffer>& gangs)
      : offers_(std::move(offers)), gangs_(gangs) {
    std::sort(offers_.begin(), offers_.end(),
              [](const Offer& a, const Offer& b) { return a.name < b.name; });
    for (const Offer& offer : offers_) {
      const bool is_free = offer.job.empty() && offer.not_now.empty();
      if (is_free && offer.static_gang.empty()) free_.insert(offer.name);
    }
  }

  std::map<std::string, Grant> Run(const std::vector<Demand>& demands) {
    for (const Demand& demand : demands) {
      if (demand.kind == Kind::kWaiting) grants_[demand.uid] = Serve(demand);
    }
    for (const Demand& demand : demands) {
      if (demand.kind == Kind::kReforming) {
        grants_[demand.uid] = {.form = true, .workers = Fill(demand), .sentence = ""};
      }
    }
    for (const Demand& demand : demands) {
      if (demand.kind != Kind::kRunning || !WouldBeEnough(demand)) continue;
      if (auto workers = Fill(demand); !workers.empty()) {
        grants_[demand.uid] = {.form = false, .workers = std::move(workers), .sentence = ""};
      }
    }
    return std::move(grants_);
  }

 private:
  std::vector<std::string> FreeFor(const Demand& demand) const {
    std::vector<std::string> names;
    for (const Offer& offer : offers_) {
      if (free_.contains(offer.name) && WhyUnsuitable(demand, offer).empty()) {
        names.push_back(offer.name);
      }
    }
    return names;
  }

  std::size_t Suitable(const Demand& demand) const {
    return std::count_if(offers_.begin(), offers_.end(), [&](const Offer& offer) {
      return offer.static_gang.empty() && WhyUnsuitable(demand, offer).empty();
    });
  }

  std::vector<std::string> Take(std::vector<std::string> names, std::size_t limit) {
    if (names.size() > limit) names.resize(limit);
    for (const std::string& name : names) free_.erase(name);
    return names;
  }

  // Its min may have been raised while it ran: it is not stopped for joiners who would not do.
  bool WouldBeEnough(const Demand& demand) const {
    return demand.held + FreeFor(demand).size() >= demand.min;
  }

  std::vector<std::string> Fill(const Demand& demand) {
    if (demand.held >= demand.want) return {};
    return Take(FreeFor(demand), demand.want - demand.held);
  }

  // A job without a class takes that of which most workers are free; the first by name of several.
  Demand WithClass(Demand demand) const {
    if (!demand.numeric_class.empty() || demand.mixes_classes) return demand;
    std::map<std::string, std::size_t> free_by_class, all_by_class;
    for (const Offer& offer : offers_) {
      if (!offer.static_gang.empty() || !WhyUnsuitable(demand, offer).empty()) continue;
      ++all_by_class[offer.numeric_class];
      if (free_.contains(offer.name)) ++free_by_class[offer.numeric_class];
    }
    const auto& counts = free_by_class.empty() ? all_by_class : free_by_class;
    const auto best = std::max_element(counts.begin(), counts.end(),
                                       [](auto& a, auto& b) { return a.second < b.second; });
    if (best != counts.end()) demand.numeric_class = best->first;
    return demand;
  }

  Grant Serve(const Demand& job) {
    if (job.from == Demand::From::kStaticGangs) return ServeWithGang(job);
    if (job.from == Demand::From::kEither && job.held == 0) {
      const Demand demand = WithClass(job);
      if (FreeFor(demand).size() < std::max<std::size_t>(demand.min, 1)) {
        if (Grant grant = ServeWithGang(job); grant.form) return grant;
      }
    }
    return ServeFromPool(job);
  }

  // The largest that fits; the first by id of several.
  Grant ServeWithGang(const Demand& demand) {
    const GangOffer* best = nullptr;
    for (const GangOffer& gang : gangs_) {
      if (!WhyNot(demand, gang).empty()) continue;
      if (best == nullptr || gang.size > best->size) best = &gang;
    }
    if (best != nullptr) {
      given_.insert(best->id);
      return {.form = true, .workers = best->members, .sentence = "", .static_gang = best->id};
    }
    const std::string gangs = DescribeGangs(demand);
    return {.form = false,
            .workers = {},
            .sentence = Concat("it needs a gang of ", demand.min, " to ", demand.want,
                               " ranks that mpirun or srun started (gvsl-worker --gang mpi)",
                               gangs.empty() ? "; there is none" : gangs)};
  }

  std::string WhyNot(const Demand& demand, const GangOffer& gang) const {
    std::string why = WhyUnsuitable(demand, gang, offers_);
    if (why.empty() && given_.contains(gang.id)) why = "goes to an earlier job";
    return why;
  }

  std::string DescribeGangs(const Demand& demand) const {
    std::string text;
    for (const GangOffer& gang : gangs_) {
      if (const std::string why = WhyNot(demand, gang); !why.empty()) {
        text += Concat("; gang ", gang.id, " ", why);
      }
    }
    return text;
  }

  Grant ServeFromPool(const Demand& job) {
    const Demand demand = WithClass(job);
    std::vector<std::string> names = FreeFor(demand);
    if (demand.held + names.size() >= std::max<std::size_t>(demand.min, 1)) {
      return {.form = true,
              .workers = Take(std::move(names), demand.want - std::min(demand.want, demand.held)),
              .sentence = ""};
    }
    const std::string sentence = WhyItWaits(demand, names.size());
    if (Suitable(demand) >= demand.min) Take(std::move(names), offers_.size());
    return {.form = false, .workers = {}, .sentence = sentence};
  }

  std::string WhyItWaits(const Demand& demand, std::size_t free) const {
    std::string text = Concat("it needs ", Plural(demand.min, "worker"), "; ", demand.held,
                              " held, ", free, " free, ", offers_.size(), " alive");
    std::map<std::string, std::vector<std::string>> reasons;
    for (const Offer& offer : offers_) {
      if (!offer.static_gang.empty() && demand.from == Demand::From::kEither) continue;
      if (const std::string why = WhyNot(demand, offer); !why.empty()) {
        reasons[why].push_back(offer.name);
      }
    }
    for (const auto& [why, names] : reasons) {
      text += Concat("; ", Join(names, ", "), names.size() == 1 ? " " : ": each ", why);
    }
    if (demand.from == Demand::From::kEither) text += DescribeGangs(demand);
    return text;
  }

  std::string WhyNot(const Demand& demand, const Offer& offer) const {
    if (offer.job == demand.name && demand.held > 0) return "";
    if (!offer.job.empty()) return Concat("works for job ", offer.job);
    if (!offer.not_now.empty()) return offer.not_now;
    if (std::string why = WhyUnsuitable(demand, offer); !why.empty()) return why;
    if (!free_.contains(offer.name)) return "is kept for an earlier job";
    return "";
  }

  std::vector<Offer> offers_;
  const std::vector<GangOffer>& gangs_;
  std::set<std::string> free_;   // workers of the pool
  std::set<std::string> given_;  // static gangs
  std::map<std::string, Grant> grants_;
};

}  // namespace

std::string WhyUnsuitable(const Demand& demand, const Offer& offer) {
  if (demand.from == Demand::From::kPool && !offer.static_gang.empty()) {
    return Concat("is of the static gang ", offer.static_gang,
                  ", which serves the collectives mpi and auto alone");
  }
  if (demand.from == Demand::From::kStaticGangs && offer.static_gang.empty()) {
    return "was not started with --gang mpi, and the job's collective is mpi";
  }
  if (const auto found = demand.unable.find(offer.name); found != demand.unable.end()) {
    return found->second;
  }
  if (!demand.mixes_classes && !demand.numeric_class.empty() &&
      offer.numeric_class != demand.numeric_class) {
    return Concat("is of numeric class ", offer.numeric_class, ", the job is of ",
                  demand.numeric_class);
  }
  const std::string kind = offer.device.substr(0, offer.device.find(':'));
  if (demand.device != "auto" && kind != demand.device) {
    return Concat("has the device ", offer.device, ", the job asks for ", demand.device);
  }
  if (offer.threads < demand.threads) {
    return Concat("has ", offer.threads, " threads, the job needs ", demand.threads);
  }
  return "";
}

std::string WhyUnsuitable(const Demand& demand, const GangOffer& gang,
                          const std::vector<Offer>& offers) {
  if (!gang.problem.empty()) return gang.problem;
  const std::string ranks = Plural(gang.size, "rank");
  if (gang.size < demand.min) return Concat("has ", ranks, ", the job needs ", demand.min);
  if (gang.size > demand.want) {
    return Concat("has ", ranks, ", above the ", demand.want,
                  " that the job's slots and workers.max allow");
  }
  Demand of_class = demand;
  for (const std::string& name : gang.members) {
    const auto offer = std::find_if(offers.begin(), offers.end(),
                                    [&](const Offer& one) { return one.name == name; });
    if (offer == offers.end()) return Concat("lacks its member ", name);
    if (of_class.numeric_class.empty()) of_class.numeric_class = offer->numeric_class;
    const std::string why = WhyUnsuitable(of_class, *offer);
    if (!why.empty()) return Concat("can not serve it: ", name, " ", why);
  }
  return "";
}

std::map<std::string, Grant> Schedule(const std::vector<Demand>& demands, std::vector<Offer> offers,
                                      const std::vector<GangOffer>& gangs) {
  return Scheduling(std::move(offers), gangs).Run(demands);
}

}  // namespace gvsl::coordinator
