package io.portcullis.vnic;

import io.portcullis.datapath.runtime.DataPath;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.jspecify.annotations.Nullable;

/**
 * Sees to it that rounds of checkpoints do not overlap: while one runs, the next one waits, and one at most. Whoever asks is answered
 * after a round that began after the question.
 */
final class Checkpointer extends AbstractBehavior<Checkpointer.Command> {
    sealed interface Command {}

    /**
     * Write what changed.
     *
     * @param rules tables in force, as far as they are known
     * @param replyTo then all is written, however much; null for a round like every other, which may be left out
     */
    record Write(Map<VnicId, RuleTable> rules, @Nullable ActorRef<HostReply> replyTo) implements Command {}

    /** These vNICs have left. */
    record Forget(List<VnicId> vnics) implements Command {}

    /** A round is over. */
    private record Written(HostReply reply, List<ActorRef<HostReply>> askers) implements Command {}

    private final DataPath dataPath;
    private final CheckpointWriter writer;
    private final List<ActorRef<HostReply>> waiting = new ArrayList<>();
    private Map<VnicId, RuleTable> rules = Map.of();
    private boolean writing;

    static Behavior<Command> create(DataPath dataPath, CheckpointWriter writer) {
        return Behaviors.setup(context -> new Checkpointer(context, dataPath, writer));
    }

    private Checkpointer(ActorContext<Command> context, DataPath dataPath, CheckpointWriter writer) {
        super(context);
        context.setLoggerName(Checkpointer.class);
        this.dataPath = dataPath;
        this.writer = writer;
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder().onAnyMessage(this::onCommand).build();
    }

    private Behavior<Command> onCommand(Command command) {
        switch (command) {
            case Write write -> onWrite(write);
            case Forget forget -> forget.vnics().forEach(writer::forget);
            case Written written -> onWritten(written);
        }
        return this;
    }

    private void onWrite(Write write) {
        rules = write.rules();
        ActorRef<HostReply> asker = write.replyTo();
        if (asker != null) {
            waiting.add(asker);
        }
        if (!writing) {
            begin();
        }
    }

    private void begin() {
        writing = true;
        List<ActorRef<HostReply>> askers = List.copyOf(waiting);
        waiting.clear();
        Map<VnicId, RuleTable> known = rules;
        CompletionStage<HostReply.Checkpointed> round =
                dataPath.statuses().thenCompose(statuses -> writer.write(statuses, known, !askers.isEmpty()));
        getContext()
                .pipeToSelf(
                        round,
                        (done, failure) ->
                                new Written(failure == null ? done : DataPathFailures.refusal(failure), askers));
    }

    private void onWritten(Written written) {
        writing = false;
        switch (written.reply()) {
            case HostReply.Checkpointed done when done.failures().isEmpty() -> {}
            case HostReply.Checkpointed done ->
                getContext().getLog().warn("checkpoints were not written: {}", done.failures());
            case HostReply reply -> getContext().getLog().warn("no checkpoints: {}", reply);
        }
        written.askers().forEach(asker -> asker.tell(written.reply()));
        if (!waiting.isEmpty()) {
            begin();
        }
    }
}
