#include "common/message_pipe.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <thread>

namespace gvsl {
namespace {

struct Pipes {
  std::unique_ptr<MessagePipe> left, right;
};

Pipes MakePipes() {
  const auto ends = MakeMessagePipePair();
  return {std::make_unique<MessagePipe>(ends->first), std::make_unique<MessagePipe>(ends->second)};
}

TEST(MessagePipe, KeepsMessagesApartAndInOrder) {
  const Pipes pipes = MakePipes();
  ASSERT_TRUE(pipes.left->Send("one").ok());
  ASSERT_TRUE(pipes.left->Send("").ok());
  ASSERT_TRUE(pipes.left->Send("three").ok());
  EXPECT_EQ(pipes.right->Receive().value(), "one");
  EXPECT_EQ(pipes.right->Receive().value(), "");
  EXPECT_EQ(pipes.right->Receive().value(), "three");
}

TEST(MessagePipe, CarriesMessagesLargerThanItsBuffer) {
  const Pipes pipes = MakePipes();
  const std::string large(5 << 20, 'x');
  std::thread sender([&] { EXPECT_TRUE(pipes.left->Send(large).ok()); });
  EXPECT_EQ(pipes.right->Receive().value(), large);
  sender.join();
}

TEST(MessagePipe, SaysWhenTheOtherEndIsGone) {
  Pipes pipes = MakePipes();
  pipes.left.reset();
  EXPECT_EQ(pipes.right->Receive().status().code(), StatusCode::kOutOfRange);
  EXPECT_EQ(pipes.right->Send("x").code(), StatusCode::kUnavailable);
}

TEST(MessagePipe, RefusesAFrameThatIsAbsurdlyLong) {
  const auto ends = MakeMessagePipePair();
  MessagePipe right(ends->second);
  MessagePipe left(ends->first);
  const std::uint32_t length = 0xffffffff;
  ASSERT_EQ(::send(ends->first, &length, sizeof(length), 0), 4);
  EXPECT_EQ(right.Receive().status().code(), StatusCode::kDataLoss);
}

TEST(MessagePipe, WakesABlockedReceiverOnShutdown) {
  const Pipes pipes = MakePipes();
  std::thread receiver(
      [&] { EXPECT_EQ(pipes.right->Receive().status().code(), StatusCode::kOutOfRange); });
  pipes.right->Shutdown();
  receiver.join();
}

}  // namespace
}  // namespace gvsl
