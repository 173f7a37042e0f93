package io.portcullis.migration;

import io.portcullis.migration.model.BulkMove;
import io.portcullis.migration.model.BulkOperation;
import io.portcullis.migration.model.BulkState;
import io.portcullis.policy.HostId;
import io.portcullis.vnic.HostNode;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.jspecify.annotations.Nullable;

/**
 * Tells hosts how much the migrations of an operation may send, again and again, and makes of their answers how much they do. A migration says it to its source, too, when it begins; this is for what
 * has changed since. A host of an earlier build, which knows no such message, is told nothing: it goes on with the pace of the order. Belongs to {@link BulkOperations}, on its thread.
 */
final class BulkPaces {
    /** Two answers that come sooner after each other say nothing of how fast is sent. */
    private static final long LEAST_MILLIS = 500;

    private record Source(String operation, HostId host) {}

    private record Sent(long bytes, long atMillis, @Nullable Long bytesPerSecond) {}

    private final BulkEnvironment environment;
    private final ActorRef<AgentCommand.PaceSet> answers;
    private final Map<Source, Sent> sent = new HashMap<>();

    BulkPaces(ActorContext<BulkCommand> context, BulkEnvironment environment) {
        this.environment = environment;
        this.answers = context.messageAdapter(AgentCommand.PaceSet.class, BulkCommand.PaceHeard::new);
    }

    /** Tells all hosts from which VMs are on their way; what the others have sent is forgotten. */
    void tellAll(BulkState state) {
        for (BulkOperation operation : state.operations()) {
            Set<HostId> hosts = operation.with(BulkMove.State.MOVING).stream()
                    .map(BulkMove::from)
                    .collect(Collectors.toSet());
            for (HostId host : hosts) {
                if (environment.hosts().presence(host) == HostLookup.Presence.UP
                        && environment.hosts().understands(host, HostNode.PACES)) {
                    environment.hosts().agent(host).tell(new AgentCommand.SetPace(operation.pace(host), answers));
                }
            }
            sent.keySet()
                    .removeIf(source -> source.operation().equals(operation.id()) && !hosts.contains(source.host()));
        }
    }

    void heard(AgentCommand.PaceSet answer) {
        long now = environment.wallClockMillis().getAsLong();
        sent.merge(
                new Source(answer.operation(), answer.host()),
                new Sent(answer.sentBytes(), now, null),
                (before, next) -> {
                    long millis = now - before.atMillis();
                    long bytes = next.bytes() - before.bytes();
                    if (bytes < 0 || millis < 0) {
                        // it has started again
                        return next;
                    }
                    return millis < LEAST_MILLIS ? before : new Sent(next.bytes(), now, bytes * 1_000 / millis);
                });
    }

    /** Bytes a second that the operation's migrations have sent of late; null if nothing is known. */
    @Nullable
    Long used(BulkOperation operation) {
        Long sum = null;
        for (Map.Entry<Source, Sent> entry : sent.entrySet()) {
            Long rate = entry.getValue().bytesPerSecond();
            if (entry.getKey().operation().equals(operation.id()) && rate != null) {
                sum = rate + (sum == null ? 0 : sum);
            }
        }
        return sum;
    }
}
