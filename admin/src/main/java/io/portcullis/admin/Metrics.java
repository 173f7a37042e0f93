package io.portcullis.admin;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.migration.ReplicaCounters;
import io.portcullis.migration.TurnCounters;
import io.portcullis.persistence.DatabaseHealth;
import io.portcullis.vnic.FirewallCounters;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * The node's metrics in Prometheus' text format: frames by counter, migrations by outcome, vNICs and connections of this host, requests
 * of the API, and the JVM. Values of the data path are read when they are asked for. Thread-safe.
 */
final class Metrics {
    private static final String MEDIA_TYPE = "text/plain; version=0.0.4; charset=UTF-8";
    private static final int CLASSES_OF_STATUS = 100;
    /** Counters whose names begin so are of checkpoints, all others of frames. */
    private static final String CHECKPOINTS = "checkpoint.";

    private final AdminServices services;
    private final DatabaseHealth health;
    private final AdminTls tls;
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Map<String, AtomicLong> values = new ConcurrentHashMap<>();

    Metrics(AdminServices services, DatabaseHealth health, AdminTls tls) {
        this.services = services;
        this.health = health;
        this.tls = tls;
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
    }

    CompletionStage<Answer> scrape() {
        return services.nodeReport().handle((report, failure) -> {
            gauge("portcullis.up", Tags.empty(), failure == null ? 1 : 0);
            gauge("portcullis.database.up", Tags.empty(), health.outage().isEmpty() ? 1 : 0);
            publish(tls);
            if (failure == null) {
                publish(report);
            }
            return Answer.text(200, registry.scrape(), MEDIA_TYPE);
        });
    }

    void requestDone(String method, int status, long nanos) {
        Timer.builder("portcullis.http.requests")
                .description("Requests to the admin endpoint")
                .tags("method", method, "status", status / CLASSES_OF_STATUS + "xx")
                .register(registry)
                .record(nanos, TimeUnit.NANOSECONDS);
    }

    /** A hypervisor was answered; {@code warned} if something went another way than was hoped for. */
    void hypervisorAnswered(String call, String status, boolean warned) {
        Counter.builder("portcullis.hypervisor.calls")
                .description("What hypervisors said of VMs that they move, by call and answer")
                .tags("call", call, "status", status, "warning", Boolean.toString(warned))
                .register(registry)
                .increment();
    }

    void refused(ProblemKind kind) {
        Counter.builder("portcullis.http.refused")
                .description("Requests to the admin endpoint that were refused or failed, by the code of the problem")
                .tags("code", kind.code())
                .register(registry)
                .increment();
    }

    private void publish(AdminTls certificate) {
        Supplier<Instant> expiry = certificate.expiry();
        if (expiry != null) {
            gauge(
                    "portcullis.tls.certificate.expiry.seconds",
                    Tags.empty(),
                    expiry.get().getEpochSecond());
            counter(
                    "portcullis.tls.peers.refused",
                    Tags.empty(),
                    certificate.refusedPeers().getAsLong());
        }
    }

    private void publish(NodeReport report) {
        Tags host = Tags.of("host", report.host());
        gauge("portcullis.vms", host, report.vms());
        gauge("portcullis.vnics", host, report.vnics());
        gauge("portcullis.connections", host, report.connections());
        if (report.vmsDown() != null) {
            gauge("portcullis.vms.down", Tags.empty(), report.vmsDown());
        }
        report.counters().forEach((name, value) -> {
            if (name.startsWith(ReplicaCounters.HELD)) {
                gauge(
                        "portcullis.replicas.held",
                        host.and("what", name.substring(ReplicaCounters.HELD.length())),
                        value);
            } else {
                counter(metric(name), host.and("counter", name), value);
            }
        });
        report.migrations()
                .forEach((outcome, value) -> counter("portcullis.migrations", Tags.of("outcome", outcome), value));
    }

    private static String metric(String counter) {
        if (counter.startsWith(TurnCounters.PREFIX)) {
            return "portcullis.migration.turns";
        }
        if (counter.startsWith(ReplicaCounters.PREFIX)) {
            return "portcullis.replicas";
        }
        if (counter.startsWith(FirewallCounters.PREFIX)) {
            return "portcullis.firewalls";
        }
        return counter.startsWith(CHECKPOINTS) ? "portcullis.checkpoints" : "portcullis.datapath.frames";
    }

    private void counter(String name, Tags tags, long value) {
        values.computeIfAbsent(name + tags, first -> {
                    AtomicLong current = new AtomicLong();
                    FunctionCounter.builder(name, current, AtomicLong::doubleValue)
                            .tags(tags)
                            .register(registry);
                    return current;
                })
                .set(value);
    }

    private void gauge(String name, Tags tags, long value) {
        values.computeIfAbsent(name + tags, first -> {
                    AtomicLong current = new AtomicLong();
                    Gauge.builder(name, current, AtomicLong::doubleValue)
                            .tags(tags)
                            .register(registry);
                    return current;
                })
                .set(value);
    }
}
