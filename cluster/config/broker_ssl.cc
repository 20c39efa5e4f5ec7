// Broker properties: encryption by TLS.
#include "cluster/config/config_rows.h"

namespace cluster::config {
namespace {

constexpr ConfigDef kSslRows[] = {
    {"ssl.client.auth", Type::kString, "none", one_of("required, requested, none"),
     Update::kPerBroker, Effect::kNotYet,
     "Whether a client must show a certificate: required, requested or none."},
    {"ssl.protocol", Type::kString, "TLSv1.3", any(), Update::kPerBroker, Effect::kNotYet,
     "The protocol version that a TLS context is made for."},
    {"ssl.provider", Type::kString, kNull, any(), Update::kPerBroker, Effect::kNotYet,
     "The Java provider of TLS."},
    {"ssl.enabled.protocols", Type::kList, "TLSv1.2,TLSv1.3", any(), Update::kPerBroker,
     Effect::kNotYet, "The protocol versions that are accepted."},
    {"ssl.cipher.suites", Type::kList, "", any(), Update::kPerBroker, Effect::kNotYet,
     "The cipher suites that are accepted; empty for the library's own choice."},
    {"ssl.keystore.type", Type::kString, "JKS", any(), Update::kPerBroker, Effect::kNotYet,
     "The form of the key store: JKS, PKCS12 or PEM."},
    {"ssl.keystore.location", Type::kString, kNull, any(), Update::kPerBroker, Effect::kNotYet,
     "The file of the key store."},
    {"ssl.keystore.password", Type::kPassword, kNull, any(), Update::kPerBroker, Effect::kNotYet,
     "The password of the key store."},
    {"ssl.key.password", Type::kPassword, kNull, any(), Update::kPerBroker, Effect::kNotYet,
     "The password of the private key."},
    {"ssl.keystore.key", Type::kPassword, kNull, any(), Update::kPerBroker, Effect::kNotYet,
     "The private key itself, as PEM."},
    {"ssl.keystore.certificate.chain", Type::kPassword, kNull, any(), Update::kPerBroker,
     Effect::kNotYet, "The certificates themselves, as PEM."},
    {"ssl.truststore.type", Type::kString, "JKS", any(), Update::kPerBroker, Effect::kNotYet,
     "The form of the trust store: JKS, PKCS12 or PEM."},
    {"ssl.truststore.location", Type::kString, kNull, any(), Update::kPerBroker, Effect::kNotYet,
     "The file of the trust store."},
    {"ssl.truststore.password", Type::kPassword, kNull, any(), Update::kPerBroker, Effect::kNotYet,
     "The password of the trust store."},
    {"ssl.truststore.certificates", Type::kPassword, kNull, any(), Update::kPerBroker,
     Effect::kNotYet, "The trusted certificates themselves, as PEM."},
    {"ssl.keymanager.algorithm", Type::kString, "SunX509", any(), Update::kPerBroker,
     Effect::kNotYet, "The Java algorithm of key managers."},
    {"ssl.trustmanager.algorithm", Type::kString, "PKIX", any(), Update::kPerBroker,
     Effect::kNotYet, "The Java algorithm of trust managers."},
    {"ssl.endpoint.identification.algorithm", Type::kString, "https", any(), Update::kPerBroker,
     Effect::kNotYet,
     "How a server's name is compared with its certificate; empty for not at all."},
    {"ssl.secure.random.implementation", Type::kString, kNull, any(), Update::kPerBroker,
     Effect::kNotYet, "The Java source of random numbers for TLS."},
    {"ssl.principal.mapping.rules", Type::kString, "DEFAULT", any(), Update::kReadOnly,
     Effect::kNotYet,
     "Rules that make short names of certificates' names; the first that fits counts."},
    {"ssl.engine.factory.class", Type::kClass, kNull, any(), Update::kPerBroker, Effect::kNotYet,
     "The Java class that makes TLS engines."},
    {"ssl.allow.dn.changes", Type::kBoolean, "false", any(), Update::kReadOnly, Effect::kNotYet,
     "Whether a new key store may have another distinguished name."},
    {"ssl.allow.san.changes", Type::kBoolean, "false", any(), Update::kReadOnly, Effect::kNotYet,
     "Whether a new key store may have other alternative names."},
};

}  // namespace

std::span<const ConfigDef> broker_ssl_rows() {
  return kSslRows;
}

}  // namespace cluster::config
