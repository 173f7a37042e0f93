package io.portcullis.cli.mover;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Moves a VM between two QEMU processes: pre-copy with {@code pause-before-switchover}, so that the VM stands still before the last piece is sent, and goes on
 * only when told. The destination was started with {@code -incoming}.
 */
public final class QemuMover implements VmMover {
    private static final Set<String> OVER = Set.of("completed", "failed", "cancelled");

    private final QmpClient source;
    private final @Nullable QmpClient destination;
    private final String uri;
    private final Limits limits;

    /**
     * Longest waits.
     *
     * @param answer of a command
     * @param copy from the begin until the VM stands still
     * @param switchover from the order to go on until the VM is at the destination
     */
    public record Limits(Duration answer, Duration copy, Duration switchover) {}

    private QemuMover(QmpClient source, @Nullable QmpClient destination, String uri, Limits limits) {
        this.source = source;
        this.destination = destination;
        this.uri = uri;
        this.limits = limits;
    }

    /**
     * Connects to the monitors.
     *
     * @param destination null if it cannot be reached from here: then the VM must go on by itself there (no {@code -S})
     * @param uri where the destination listens, as QEMU's {@code migrate} takes it
     */
    public static QemuMover connect(Path source, @Nullable Path destination, String uri, Limits limits)
            throws MoverException {
        QmpClient from = null;
        try {
            from = QmpClient.connect(source, limits.answer());
            QmpClient to = destination == null ? null : QmpClient.connect(destination, limits.answer());
            return new QemuMover(from, to, uri, limits);
        } catch (QmpException unreachable) {
            if (from != null) {
                from.close();
            }
            throw new MoverException(String.valueOf(unreachable.getMessage()), unreachable);
        }
    }

    @Override
    public void copyAndStop() throws MoverException {
        try {
            source.execute(
                    "migrate-set-capabilities",
                    Map.of("capabilities", List.of(on("events"), on("pause-before-switchover"))),
                    limits.answer());
            source.execute("migrate", Map.of("uri", uri), limits.answer());
            String status = awaitStatus(Set.of("pre-switchover"), limits.copy(), "that the VM stands still");
            if (!status.equals("pre-switchover")) {
                throw new MoverException("QEMU's migration has ended before the VM stood still: " + why(status));
            }
        } catch (QmpException failed) {
            throw new MoverException(String.valueOf(failed.getMessage()), failed);
        }
    }

    private static Map<String, Object> on(String capability) {
        return Map.of("capability", capability, "state", true);
    }

    @Override
    public void goOn() throws MoverException {
        try {
            source.execute("migrate-continue", Map.of("state", "pre-switchover"), limits.answer());
            String status = awaitStatus(Set.of(), limits.switchover(), "the end of the migration");
            if (!status.equals("completed")) {
                throw new MoverException("QEMU's migration has ended: " + why(status));
            }
            if (destination != null && !isRunning(destination)) {
                // it was started with -S
                destination.execute("cont", Map.of(), limits.answer());
            }
        } catch (QmpException failed) {
            throw new MoverException(String.valueOf(failed.getMessage()), failed);
        }
    }

    @Override
    public void comeBack() throws MoverException {
        try {
            String status = status();
            if (status.equals("completed")) {
                throw new MoverException("the VM has left its source");
            }
            if (!OVER.contains(status) && !status.equals("none")) {
                source.execute("migrate_cancel", Map.of(), limits.answer());
                status = awaitStatus(Set.of(), limits.switchover(), "that the migration is cancelled");
                if (status.equals("completed")) {
                    throw new MoverException("the VM has left its source");
                }
            }
            if (!isRunning(source)) {
                source.execute("cont", Map.of(), limits.answer());
            }
        } catch (QmpException failed) {
            throw new MoverException(String.valueOf(failed.getMessage()), failed);
        }
    }

    private boolean isRunning(QmpClient monitor) throws QmpException {
        return monitor.execute("query-status", Map.of(), limits.answer())
                .path("running")
                .asBoolean();
    }

    private String status() throws QmpException {
        return source.execute("query-migrate", Map.of(), limits.answer())
                .path("status")
                .asText("none");
    }

    /** Waits for one of these, or for any that ends the migration. */
    private String awaitStatus(Set<String> wanted, Duration limit, String what) throws QmpException {
        JsonNode event = source.awaitEvent(
                each -> each.path("event").asText().equals("MIGRATION")
                        && (wanted.contains(status(each)) || OVER.contains(status(each))),
                limit,
                what);
        return status(event);
    }

    private static String status(JsonNode event) {
        return event.path("data").path("status").asText();
    }

    private String why(String status) {
        try {
            JsonNode reason =
                    source.execute("query-migrate", Map.of(), limits.answer()).path("error-desc");
            return reason.isTextual() ? status + ", " + reason.asText() : status;
        } catch (QmpException silent) {
            return status;
        }
    }

    @Override
    public void close() {
        source.close();
        if (destination != null) {
            destination.close();
        }
    }
}
