package io.portcullis.cluster;

import io.portcullis.pki.NodeCertificate;
import io.portcullis.pki.NodeTls;
import io.portcullis.pki.PkiException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says in the node's log what becomes of its certificate, and, not for each of them, who is refused. Thread-safe. */
final class TlsLog implements NodeTls.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(TlsLog.class);
    private static final long PEER_INTERVAL_NANOS = Duration.ofSeconds(10).toNanos();

    private final AtomicLong lastPeerNanos = new AtomicLong(System.nanoTime() - PEER_INTERVAL_NANOS);
    private final AtomicLong untold = new AtomicLong();

    @Override
    public void renewed(NodeCertificate certificate) {
        LOG.info("new certificate for new connections, good until {}", certificate.notAfter());
    }

    @Override
    public void refused(PkiException failure) {
        LOG.warn("portcullis.tls: {}; the former certificate stays in use ({})", failure.getMessage(), failure.hint());
    }

    @Override
    public void peerRefused(String reason) {
        long now = System.nanoTime();
        long last = lastPeerNanos.get();
        if (now - last >= PEER_INTERVAL_NANOS && lastPeerNanos.compareAndSet(last, now)) {
            LOG.warn("refused a peer, {} ({} others before it)", reason, untold.getAndSet(0));
        } else {
            untold.incrementAndGet();
        }
    }
}
