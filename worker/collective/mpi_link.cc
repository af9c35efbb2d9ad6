#include "worker/collective/mpi_link.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/text.h"

namespace gvsl::collective {
namespace {

constexpr std::size_t kPiecesUnderWay = 2;

PieceHeader HeaderOf(std::span<const std::byte> frame) {
  PieceHeader header;
  std::memcpy(&header, frame.data(), sizeof(header));
  return header;
}

void Withdraw(MPI_Request& request) {
  if (request == MPI_REQUEST_NULL) return;
  MPI_Cancel(&request);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
}

}  // namespace

std::string MpiErrorText(int code) {
  char text[MPI_MAX_ERROR_STRING] = {};
  int length = 0;
  MPI_Error_string(code, text, &length);
  return {text, static_cast<std::size_t>(length)};
}

MpiLink::MpiLink(MpiWorld& world, const FrameKey& key, const MpiRoute& route)
    : world_(world), key_(key), route_(route), incoming_(kPieceFrameBytes) {
  AwaitPiece();
  AwaitControl();
}

MpiLink::~MpiLink() {
  Withdraw(incoming_request_);
  Withdraw(control_request_);
  for (auto* sends : {&pieces_, &controls_}) {
    for (auto& send : *sends) world_.unreceived.push_back(std::move(send));
  }
  std::erase_if(world_.unreceived, [](const std::unique_ptr<MpiSend>& send) {
    int done = 0;
    MPI_Test(&send->request, &done, MPI_STATUS_IGNORE);
    return done != 0;
  });
}

bool MpiLink::Check(int code) {
  if (code == MPI_SUCCESS) return true;
  if (error_.ok()) error_ = UnavailableError(Concat("MPI says: ", MpiErrorText(code)));
  return false;
}

std::unique_ptr<MpiSend> MpiLink::Start(std::vector<std::byte> bytes, int tag) {
  auto send = std::make_unique<MpiSend>();
  send->bytes = std::move(bytes);
  Check(MPI_Isend(send->bytes.data(), static_cast<int>(send->bytes.size()), MPI_BYTE,
                  route_.mpi_rank, tag, world_.comm, &send->request));
  said_at_ = Now();
  return send;
}

void MpiLink::AwaitPiece() {
  piece_bytes_.reset();
  Check(MPI_Irecv(incoming_.data(), static_cast<int>(incoming_.size()), MPI_BYTE, route_.mpi_rank,
                  route_.pieces_in, world_.comm, &incoming_request_));
}

void MpiLink::AwaitControl() {
  Check(MPI_Irecv(&control_, sizeof(control_), MPI_BYTE, route_.mpi_rank, route_.control_in,
                  world_.comm, &control_request_));
}

void MpiLink::ForgetOutbox() {
  outbox_.clear();
  sent_of_front_ = 0;
}

void MpiLink::Say(ControlFrame frame) {
  frame.key = key_;
  const auto bytes = std::as_bytes(std::span(&frame, 1));
  controls_.push_back(Start({bytes.begin(), bytes.end()}, route_.control_out));
}

bool MpiLink::Progress() {
  if (!error_.ok()) return false;
  bool moved = ReceiveControl();
  moved = ReceivePieces() || moved;
  moved = CompleteSends(controls_) || moved;
  moved = CompleteSends(pieces_) || moved;
  return SendPieces() || moved;
}

bool MpiLink::ReceivePieces() {
  if (piece_bytes_ || incoming_request_ == MPI_REQUEST_NULL) return false;
  int done = 0;
  MPI_Status status;
  if (!Check(MPI_Test(&incoming_request_, &done, &status)) || done == 0) return false;
  int count = 0;
  MPI_Get_count(&status, MPI_BYTE, &count);
  const auto bytes = static_cast<std::size_t>(count);
  if (bytes < sizeof(PieceHeader) || HeaderOf(incoming_).key != key_) {
    AwaitPiece();  // of another generation
    return true;
  }
  heard_at_ = Now();
  piece_bytes_ = bytes;
  return true;
}

bool MpiLink::ReceiveControl() {
  if (control_request_ == MPI_REQUEST_NULL) return false;
  int done = 0;
  if (!Check(MPI_Test(&control_request_, &done, MPI_STATUS_IGNORE)) || done == 0) return false;
  if (control_.key == key_) {
    heard_at_ = Now();
    heard_.push_back(control_);
  }
  AwaitControl();
  return true;
}

bool MpiLink::CompleteSends(std::deque<std::unique_ptr<MpiSend>>& sends) {
  bool moved = false;
  while (!sends.empty()) {
    int done = 0;
    if (!Check(MPI_Test(&sends.front()->request, &done, MPI_STATUS_IGNORE)) || done == 0) break;
    if (&sends == &pieces_) spare_.push_back(std::move(sends.front()->bytes));
    sends.pop_front();
    moved = true;
  }
  return moved;
}

bool MpiLink::SendPieces() {
  bool moved = false;
  while (!outbox_.empty() && pieces_.size() < kPiecesUnderWay && error_.ok()) {
    const std::span<const std::byte> message = outbox_.front();
    const auto piece = message.subspan(sent_of_front_)
                           .first(std::min(kPieceBytes, message.size() - sent_of_front_));
    std::vector<std::byte> frame;
    if (!spare_.empty()) {
      frame = std::move(spare_.back());
      spare_.pop_back();
    }
    frame.resize(sizeof(PieceHeader) + piece.size());
    const PieceHeader header{.key = key_, .message_bytes = message.size()};
    std::memcpy(frame.data(), &header, sizeof(header));
    std::ranges::copy(piece, frame.begin() + sizeof(header));
    pieces_.push_back(Start(std::move(frame), route_.pieces_out));
    ++pieces_sent_;
    sent_of_front_ += piece.size();
    if (sent_of_front_ == message.size()) {
      outbox_.pop_front();
      sent_of_front_ = 0;
    }
    moved = true;
  }
  return moved;
}

std::optional<ControlFrame> MpiLink::TakeControl() {
  if (heard_.empty()) return std::nullopt;
  const ControlFrame frame = heard_.front();
  heard_.pop_front();
  return frame;
}

std::uint64_t MpiLink::message_bytes() const { return HeaderOf(incoming_).message_bytes; }

std::span<const std::byte> MpiLink::piece() const {
  return std::span(incoming_).first(*piece_bytes_).subspan(sizeof(PieceHeader));
}

void MpiLink::DropPiece() {
  ++pieces_taken_;
  AwaitPiece();
}

}  // namespace gvsl::collective
