// Who gets which worker: a pure function of the jobs and the workers, with a sentence for every job
// that waits.
//
// Jobs that wait are served by creation. A gang is formed all-or-nothing: with at least `min`
// workers or not at all, except to write a checkpoint of what too few survivors hold (kSave of
// gang.h). An earlier job that waits keeps the idle workers that it could use, unless
// all living workers together could not serve it: then later jobs may pass. What is left fills up
// gangs that are being formed again, then grows gangs that run. Strict jobs take workers of one
// numeric class only.
//
// Static gangs are given out whole or not at all, and only to jobs that wait. A job with the
// collective `mpi` takes nothing else; one with `auto` takes the pool first.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace gvsl::coordinator {

// A job that needs workers, or could use more.
struct Demand {
  enum class Kind {
    kWaiting,    // has no gang, or too few survivors to go on
    kReforming,  // has enough survivors for what it is formed for; is formed again at once, with
                 // more workers where there are any
    kRunning,    // could grow
  };
  enum class From { kPool, kStaticGangs, kEither };
  std::string uid;
  std::string name;
  From from = From::kPool;
  Kind kind = Kind::kWaiting;
  std::size_t min = 1;
  std::size_t want = 1;         // the smaller of workers.max and slots
  std::size_t held = 0;         // survivors or members
  std::string numeric_class;    // empty before the first gang
  bool mixes_classes = false;   // fast: every class will do, beside every other
  std::string device = "auto";  // auto, cpu, cuda
  std::uint32_t threads = 0;    // 0: any
  std::map<std::string, std::string>
      unable;  // workers, and what they could not do: "could not begin: …"
};

// A living worker that belongs to no gang, or to the gang of `job`.
struct Offer {
  std::string name;
  std::string numeric_class;
  std::string device;
  std::uint32_t threads = 0;
  std::string job;          // name; empty: free
  std::string not_now;      // why a free worker can not be given out ("its trainer is starting")
  std::string static_gang;  // its id; empty: of the pool
};

// A static gang of living workers; `members`, by rank, are among the offers.
struct GangOffer {
  std::string id;
  std::uint32_t size = 0;
  std::vector<std::string> members;
  std::string problem;  // why it can not be given out ("has 3 of 4 ranks; rank 2 is missing")
};

struct Grant {
  bool form = false;                 // kWaiting and kReforming: form the next generation now
  std::vector<std::string> workers;  // free workers to add (kRunning: stop at a boundary for them)
  std::string sentence;              // why the job waits; empty when it does not
  std::string static_gang;           // whose members `workers` are
};

// `demands` by creation, the oldest first; `offers` in any order. Grants by uid; every kWaiting and
// kReforming job has one, a kRunning one only when it may grow.
std::map<std::string, Grant> Schedule(const std::vector<Demand>& demands, std::vector<Offer> offers,
                                      const std::vector<GangOffer>& gangs = {});

// Why the worker cannot serve the job, as a sentence without its name ("is of numeric class x, …");
// empty when it can.
std::string WhyUnsuitable(const Demand& demand, const Offer& offer);

// Likewise for a static gang: its problem, its size, its members.
std::string WhyUnsuitable(const Demand& demand, const GangOffer& gang,
                          const std::vector<Offer>& offers);

}  // namespace gvsl::coordinator
