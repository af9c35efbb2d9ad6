#include "data_loader/pacs_transport.h"

#include <dcmtk/dcmtls/tlslayer.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

namespace gvsl::data_loader {
namespace {

// The profile's own are for RSA keys alone.
constexpr const char* kFurtherSuites[] = {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                                          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"};

void SetTcpOption(int socket, int option) {
  const int on = 1;
  (void)::setsockopt(socket, IPPROTO_TCP, option, &on, sizeof on);
}

// Both sides write a header and then what belongs to it; without this each would wait 40 ms for the
// other's acknowledgement.
template <typename Layer>
class Prompt final : public Layer {
 public:
  template <typename... Arguments>
  explicit Prompt(int& socket, Arguments... arguments) : Layer(arguments...), socket_(socket) {}

  DcmTransportConnection* createConnection(DcmNativeSocketType socket, OFBool secure) override {
    socket_ = socket;
    SetTcpOption(socket, TCP_NODELAY);
    return Layer::createConnection(socket, secure);
  }

 private:
  int& socket_;
};

}  // namespace

void AcknowledgeAtOnce(int socket) { SetTcpOption(socket, TCP_QUICKACK); }

StatusOr<std::unique_ptr<DcmTransportLayer>> MakePacsTransport(const ArchiveOptions& options,
                                                               int& socket) {
  if (options.tls_ca.empty()) {
    return std::unique_ptr<DcmTransportLayer>(std::make_unique<Prompt<DcmTransportLayer>>(socket));
  }
  auto layer =
      std::make_unique<Prompt<DcmTLSTransportLayer>>(socket, NET_REQUESTOR, nullptr, OFTrue);
  OFCondition made = layer->setTLSProfile(TSP_Profile_BCP195_ND);
  for (const char* suite : kFurtherSuites) {
    if (made.good()) made = layer->addCipherSuite(suite);
  }
  if (made.good()) made = layer->activateCipherSuites();
  if (made.good()) {
    made = layer->addTrustedCertificateFile(options.tls_ca.c_str(), DCF_Filetype_PEM);
  }
  if (made.good() && !options.tls_certificate.empty()) {
    layer->setPrivateKeyPasswd("");
    made = layer->setPrivateKeyFile(options.tls_key.c_str(), DCF_Filetype_PEM);
    // Not by the layer, which takes no chain.
    const bool usable = SSL_CTX_use_certificate_chain_file(layer->getNativeHandle(),
                                                           options.tls_certificate.c_str()) == 1;
    if (made.good() && !usable) made = EC_InvalidFilename;
  }
  layer->setCertificateVerification(DCV_requireCertificate);
  if (made.bad()) return InvalidArgumentError("--pacs-tls: DCMTK cannot use these files");
  return std::unique_ptr<DcmTransportLayer>(std::move(layer));
}

}  // namespace gvsl::data_loader
