#include "worker/collective/grpc_peer_server.h"

#include <grpc/grpc.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <future>
#include <utility>

#include "common/grpc_status.h"
#include "common/text.h"
#include "gvsl/v1/collective_service.grpc.pb.h"
#include "worker/collective/grpc_dialler.h"
#include "worker/collective/grpc_rendezvous.h"
#include "worker/collective/grpc_transport.h"
#include "worker/collective/mesh_communicator.h"

namespace gvsl::collective {
namespace {

using std::chrono::milliseconds;

constexpr Duration kLookAgain = milliseconds(20);

// gRPC's last object takes the library down and may wait 10 s for a poller of its own; a trainer
// that is told to exit must not. The library stays until the process ends.
void KeepGrpcAlive() {
  static const bool initialised = (grpc_init(), true);
  static_cast<void>(initialised);
}

int Milliseconds(Duration duration) {
  return static_cast<int>(std::chrono::duration_cast<milliseconds>(duration).count());
}

v1::Hello MakeHello(const GangPlace& place) {
  v1::Hello hello;
  hello.set_job_uid(place.job_uid);
  hello.set_generation(place.generation);
  hello.set_rank(place.rank);
  return hello;
}

Status CheckPlace(const GangPlace& place) {
  if (place.job_uid.empty()) return InvalidArgumentError("a gang needs the uid of its job");
  if (place.rank >= 0 && place.rank < std::ssize(place.addresses)) return OkStatus();
  return InvalidArgumentError(
      Concat("rank ", place.rank, " among ", place.addresses.size(), " addresses"));
}

}  // namespace

class GrpcPeerServer::Service final : public v1::CollectiveService::Service {
 public:
  explicit Service(const GrpcPeerOptions& options) : options_(options) {
    if (!options_.server_credentials) {
      options_.server_credentials = grpc::InsecureServerCredentials();
    }
    if (!options_.channel_credentials) {
      options_.channel_credentials = grpc::InsecureChannelCredentials();
    }
  }
  ~Service() override;

  Status Listen();
  int port() const { return port_; }
  StatusOr<std::unique_ptr<Communicator>> Connect(const GangPlace& place, Duration timeout,
                                                  const std::stop_token& stop,
                                                  std::vector<int>* missing);
  grpc::Status Exchange(grpc::ServerContext* context,
                        grpc::ServerReaderWriter<v1::Frame, v1::Frame>* stream) override;

 private:
  // Adds links to the transport until all are there; `awaited` are the ranks that are not.
  Status AwaitPeers(GrpcTransport& transport, TimePoint deadline, const std::stop_token& stop,
                    std::vector<int>& awaited);

  GrpcPeerOptions options_;
  int port_ = 0;
  Rendezvous rendezvous_;
  const std::shared_ptr<LinkGraveyard> graveyard_ = std::make_shared<LinkGraveyard>();
  std::unique_ptr<grpc::Server> server_;
};

GrpcPeerServer::Service::~Service() {
  rendezvous_.Shutdown();
  if (server_) server_->Shutdown(std::chrono::system_clock::now());
}

Status GrpcPeerServer::Service::Listen() {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(options_.listen, options_.server_credentials, &port_);
  builder.RegisterService(this);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  for (const auto& [name, value] : PeerConnectionArguments(Milliseconds(options_.silence))) {
    builder.AddChannelArgument(name, value);
  }
  server_ = builder.BuildAndStart();
  if (server_ && port_ > 0) return OkStatus();
  return UnavailableError(Concat("cannot listen on ", options_.listen));
}

StatusOr<std::unique_ptr<Communicator>> GrpcPeerServer::Service::Connect(
    const GangPlace& place, Duration timeout, const std::stop_token& stop,
    std::vector<int>* missing) {
  const TimePoint deadline = std::chrono::steady_clock::now() + timeout;
  GVSL_RETURN_IF_ERROR(CheckPlace(place));
  GVSL_RETURN_IF_ERROR(rendezvous_.Open(MakeHello(place), place.addresses.size()));
  const int size = static_cast<int>(place.addresses.size());
  auto transport = std::make_unique<GrpcTransport>(place.rank, size, options_.silence, graveyard_);
  std::vector<int> awaited;
  for (int rank = 0; rank < size; ++rank) {
    if (rank != place.rank) awaited.push_back(rank);
  }
  Status status;
  {
    const auto diallers =
        DialLowerRanks(rendezvous_, MakeHello(place), place.addresses,
                       {options_.channel_credentials, Milliseconds(options_.silence)});
    status = AwaitPeers(*transport, deadline, stop, awaited);
    rendezvous_.Close();
  }
  if (status.ok()) return std::unique_ptr<Communicator>(new MeshCommunicator(std::move(transport)));
  transport->Abort(status);
  if (missing) {
    *missing = status.code() == StatusCode::kDeadlineExceeded ? awaited : transport->LostRanks();
  }
  return status.WithContext(Concat("generation ", place.generation));
}

Status GrpcPeerServer::Service::AwaitPeers(GrpcTransport& transport, TimePoint deadline,
                                           const std::stop_token& stop, std::vector<int>& awaited) {
  while (!awaited.empty()) {
    if (stop.stop_requested()) return AbortedError("connecting was stopped");
    if (std::chrono::steady_clock::now() >= deadline) {
      std::vector<std::string> names;
      for (const int rank : awaited) names.push_back(std::to_string(rank));
      return DeadlineExceededError(Concat("no word from rank ", Join(names, ", ")));
    }
    for (Rendezvous::Arrival& arrival : rendezvous_.Arrivals(kLookAgain)) {
      if (!arrival.stream.ok()) return arrival.stream.status();
      transport.AddLink(arrival.rank, *std::move(arrival.stream));
      std::erase(awaited, arrival.rank);
    }
    GVSL_RETURN_IF_ERROR(transport.failure());
  }
  return OkStatus();
}

grpc::Status GrpcPeerServer::Service::Exchange(
    grpc::ServerContext* context, grpc::ServerReaderWriter<v1::Frame, v1::Frame>* stream) {
  v1::Frame frame;
  if (!stream->Read(&frame) || !frame.has_hello()) {
    return {grpc::StatusCode::INVALID_ARGUMENT, "the first frame must be a Hello"};
  }
  const v1::Hello peer = frame.hello();
  const auto own =
      rendezvous_.Admit(peer, options_.patience, [context] { return context->IsCancelled(); });
  if (!own.ok()) return ToGrpcStatus(own.status());
  *frame.mutable_hello() = *own;
  if (!stream->Write(frame)) {
    rendezvous_.Withdraw(peer);
    return {grpc::StatusCode::UNAVAILABLE, "the peer hung up"};
  }
  const auto closed = std::make_shared<std::promise<void>>();
  rendezvous_.Deliver(peer.generation(),
                      {static_cast<int>(peer.rank()),
                       AcceptStream(*context, *stream, [closed] { closed->set_value(); })});
  closed->get_future().wait();
  return grpc::Status::OK;
}

GrpcPeerServer::GrpcPeerServer(std::unique_ptr<Service> service) : service_(std::move(service)) {}
GrpcPeerServer::~GrpcPeerServer() = default;
int GrpcPeerServer::port() const { return service_->port(); }

StatusOr<std::unique_ptr<GrpcPeerServer>> GrpcPeerServer::Start(const GrpcPeerOptions& options) {
  KeepGrpcAlive();
  auto service = std::make_unique<Service>(options);
  GVSL_RETURN_IF_ERROR(service->Listen());
  return std::unique_ptr<GrpcPeerServer>(new GrpcPeerServer(std::move(service)));
}

StatusOr<std::unique_ptr<Communicator>> GrpcPeerServer::Connect(const GangPlace& place,
                                                                Duration timeout,
                                                                const std::stop_token& stop,
                                                                std::vector<int>* missing) {
  return service_->Connect(place, timeout, stop, missing);
}

}  // namespace gvsl::collective
