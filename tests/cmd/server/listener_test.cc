#include "cmd/server/listener.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/server/shard.h"

namespace server {
namespace {

std::string congestion_control_of(int socket) {
  char name[16] = {};
  socklen_t size = sizeof(name);
  EXPECT_EQ(getsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, name, &size), 0);
  return name;
}

// Connects from this machine, and says what the accepted socket uses.
std::string accepted_with(ListenerOptions options) {
  Shard shard;
  auto listener = Listener::open(shard, std::move(options));
  EXPECT_TRUE(listener.ok());
  if (!listener.ok()) return {};
  std::string found;
  EXPECT_TRUE((*listener)
                  ->accept_to([&](int socket) {
                    found = congestion_control_of(socket);
                    ::close(socket);
                    shard.stop();
                  })
                  .ok());
  const int client = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons((*listener)->port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  shard.run();
  ::close(client);
  return found;
}

TEST(ListenerTest, AClientOnThisMachineGetsCubicWhereverTheListenerIsBound) {
  EXPECT_EQ(accepted_with({.host = "127.0.0.1"}), "cubic");
  EXPECT_EQ(accepted_with({}), "cubic");
}

TEST(ListenerTest, CongestionControlCanBeSaid) {
  EXPECT_EQ(accepted_with({.host = {}, .congestion_control = "reno"}),
            "reno");  // every Linux has it
}

TEST(ListenerTest, CongestionControlThatIsNotThereIsRefusedByName) {
  Shard shard;
  const auto listener = Listener::open(shard, {.host = {}, .congestion_control = "westward"});
  ASSERT_FALSE(listener.ok());
  EXPECT_NE(listener.error().detail.find("odradek.tcp.congestion.control: \"westward\""),
            std::string::npos);
}

}  // namespace
}  // namespace server
