#include "worker/collective/grpc_peer_server.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>

#include "tests/collective/grpc_gang.h"
#include "worker/collective/grpc_frame_stream.h"

namespace gvsl::collective {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<Status> Barriers(Gang& gang) {
  return OnEveryRank(gang, [](Communicator& communicator) { return communicator.Barrier(); });
}

// A peer that speaks for itself, frame by frame.
std::unique_ptr<FrameStream> DialAs(int rank, const GrpcPeerServer& server, int generation) {
  auto stream =
      DialStream(Concat("127.0.0.1:", server.port()), grpc::InsecureChannelCredentials(), 2000);
  v1::Frame frame;
  frame.mutable_hello()->set_job_uid("heads-1f2e");
  frame.mutable_hello()->set_generation(generation);
  frame.mutable_hello()->set_rank(rank);
  EXPECT_TRUE(stream->Write(frame));
  return stream;
}

TEST(GrpcPeerServer, GenerationsFollowEachOtherOnTheSameServers) {
  Servers servers = StartServers(3);
  for (int generation = 1; generation <= 5; ++generation) {
    Gang gang = ConnectAll(servers, generation);
    for (const Status& status : Barriers(gang)) EXPECT_TRUE(status.ok()) << status;
  }
}

TEST(GrpcPeerServer, ATrainerOfAnOldGenerationIsRefused) {
  Servers servers = StartServers(3);
  std::unique_ptr<GrpcPeerServer> stale = std::move(servers.back());
  servers.pop_back();
  const Gang gang = ConnectAll(servers, 2);
  GangPlace place = Places(servers, 1)[1];
  const auto refused = stale->Connect(place, seconds(30));
  EXPECT_EQ(refused.status().code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.status().message(), HasSubstr("generation 2"));
}

TEST(GrpcPeerServer, ATrainerOfAnotherJobIsRefused) {
  Servers servers = StartServers(3);
  std::unique_ptr<GrpcPeerServer> stranger = std::move(servers.back());
  servers.pop_back();
  const Gang gang = ConnectAll(servers, 2);
  const auto refused = stranger->Connect(Places(servers, 2, "knees-00aa")[1], seconds(30));
  EXPECT_EQ(refused.status().code(), StatusCode::kFailedPrecondition);
}

TEST(GrpcPeerServer, AGenerationIsConnectedOnce) {
  Servers servers = StartServers(2);
  { const Gang gang = ConnectAll(servers, 2); }
  for (const int generation : {1, 2}) {
    const auto again = servers[0]->Connect(Places(servers, generation)[0], seconds(30));
    EXPECT_EQ(again.status().code(), StatusCode::kFailedPrecondition);
  }
}

TEST(GrpcPeerServer, ConnectNamesTheRanksThatDoNotCome) {
  for (const int rank : {0, 1, 2}) {
    Servers servers = StartServers(3);
    std::vector<int> missing;
    const auto alone =
        servers[rank]->Connect(Places(servers, 1)[rank], milliseconds(50), {}, &missing);
    EXPECT_EQ(alone.status().code(), StatusCode::kDeadlineExceeded) << alone.status();
    EXPECT_EQ(missing.size(), 2U);
    EXPECT_THAT(missing, testing::Not(testing::Contains(rank)));
  }
}

TEST(GrpcPeerServer, ConnectDialsAPeerThatIsNotThereYet) {
  Servers servers = StartServers(1);
  GrpcPeerOptions late;
  {
    const Servers placeholder = StartServers(1);
    late.listen = Concat("127.0.0.1:", placeholder[0]->port());
  }
  std::vector<GangPlace> places = Places(servers, 1);
  const std::vector<std::string> addresses = {late.listen, places[0].addresses[0]};
  Status status;
  std::jthread early([&] {
    status = servers[0]->Connect({"heads-1f2e", 1, 1, addresses}, seconds(30)).status();
  });
  Servers others = StartServers(1, late);
  ASSERT_NE(others[0], nullptr);
  const auto communicator = others[0]->Connect({"heads-1f2e", 1, 0, addresses}, seconds(30));
  early.join();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_TRUE(communicator.ok()) << communicator.status();
}

TEST(GrpcPeerServer, ConnectEndsWhenStopped) {
  for (const int rank : {0, 1}) {
    Servers servers = StartServers(2);
    std::stop_source stop;
    std::jthread stopper([&] { stop.request_stop(); });
    const auto stopped =
        servers[rank]->Connect(Places(servers, 1)[rank], seconds(60), stop.get_token());
    EXPECT_EQ(stopped.status().code(), StatusCode::kAborted) << stopped.status();
  }
}

TEST(GrpcPeerServer, AConnectThatFailsTellsThoseThatHaveComeAlready) {
  Servers servers = StartServers(3);
  const std::vector<GangPlace> places = Places(servers, 1);
  std::stop_source stop;
  std::jthread third([&] {
    auto stream = DialAs(2, *servers[1], 1);
    v1::Frame hello;
    EXPECT_TRUE(stream->Read(&hello));
    stop.request_stop();
    while (stream->Read(&hello) && !hello.has_abort()) continue;
    EXPECT_THAT(hello.abort().reason(), HasSubstr("stopped"));
    EXPECT_THAT(hello.abort().lost_ranks(), IsEmpty());
    EXPECT_TRUE(stream->Close().ok());
  });
  // Rank 0 never comes.
  const auto second = servers[1]->Connect(places[1], seconds(60), stop.get_token());
  EXPECT_EQ(second.status().code(), StatusCode::kAborted) << second.status();
}

TEST(GrpcPeerServer, APeerThatSaysNothingIsLost) {
  Servers servers = StartServers(1, {.silence = milliseconds(200)});
  GangPlace place = Places(servers, 1)[0];
  place.addresses.push_back("nobody dials a higher rank");
  auto silent = DialAs(1, *servers[0], 1);
  auto communicator = servers[0]->Connect(place, seconds(30));
  ASSERT_TRUE(communicator.ok()) << communicator.status();
  const Status status = (*communicator)->Barrier();
  EXPECT_EQ(status.code(), StatusCode::kUnavailable) << status;
  EXPECT_THAT(status.message(), HasSubstr("rank 1 has said nothing for 0.2 s"));
  EXPECT_THAT((*communicator)->LostRanks(), ElementsAre(1));
  communicator->reset();
  silent->Cancel();
  static_cast<void>(silent->Close());
}

TEST(GrpcPeerServer, APeerThatOnlyComputesIsNotLost) {
  Servers servers = StartServers(3, {.silence = milliseconds(400)});
  Gang gang = ConnectAll(servers, 1);
  const auto results = OnEveryRank(gang, [](Communicator& communicator) {
    const auto end = std::chrono::steady_clock::now() + milliseconds(1500);
    while (communicator.rank() == 0 && std::chrono::steady_clock::now() < end) continue;
    return communicator.Barrier();
  });
  for (const Status& status : results) EXPECT_TRUE(status.ok()) << status;
}

TEST(GrpcPeerServer, AFalseAccusationIsNoSuicide) {
  Servers servers = StartServers(1);
  GangPlace place = Places(servers, 1)[0];
  place.addresses.push_back("nobody dials a higher rank");
  auto accuser = DialAs(1, *servers[0], 1);
  auto communicator = servers[0]->Connect(place, seconds(30));
  ASSERT_TRUE(communicator.ok()) << communicator.status();
  v1::Frame accusation;
  accusation.mutable_abort()->set_reason("rank 0 is lost");
  accusation.mutable_abort()->add_lost_ranks(0);
  accusation.mutable_abort()->add_lost_ranks(77);
  EXPECT_TRUE(accuser->Write(accusation));
  EXPECT_EQ((*communicator)->Barrier().code(), StatusCode::kAborted);
  EXPECT_THAT((*communicator)->LostRanks(), IsEmpty());
  communicator->reset();
  accuser->Cancel();
  static_cast<void>(accuser->Close());
}

TEST(GrpcPeerServer, APortIsBoundOnce) {
  Servers servers = StartServers(1);
  const auto second = GrpcPeerServer::Start({.listen = Concat("127.0.0.1:", servers[0]->port())});
  EXPECT_EQ(second.status().code(), StatusCode::kUnavailable);
}

}  // namespace
}  // namespace gvsl::collective
