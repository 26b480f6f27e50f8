import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Whom to trust over https. */
final class Trust {
    private Trust() {}

    /** An HTTP client that trusts the certificate authority in this PEM file; the usual ones when there is none. */
    static HttpClient httpClient(String caFile) {
        if (caFile == null) return HttpClient.newHttpClient();
        try (var file = Files.newInputStream(Path.of(caFile))) {
            var store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            store.setCertificateEntry("authority", CertificateFactory.getInstance("X.509").generateCertificate(file));
            var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            var context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return HttpClient.newBuilder().sslContext(context).build();
        } catch (GeneralSecurityException | IOException error) {
            throw new IllegalArgumentException("no certificate authority in " + caFile, error);
        }
    }
}
