package io.portcullis.vnic;

import io.portcullis.datapath.runtime.DataPath;
import io.portcullis.datapath.runtime.VnicNews;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
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
     * @param replyTo then all is written, however much; null for a round like every other, which may be left out
     */
    record Write(@Nullable ActorRef<HostReply> replyTo) implements Command {}

    /** A round at once, or after the one that is under way. */
    record WriteSoon() implements Command {}

    /** From the agent, as an answer: of these vNICs all is known that a checkpoint must have. */
    record Restorable(Map<VnicId, CheckpointWriter.Known> known) implements Command {}

    /**
     * The VM has left under this epoch: answers {@link HostReply.VmGone} once its checkpoints are gone.
     *
     * @param isNoted whether first a note says that this host does not enforce it under this epoch any more
     */
    record Forget(VmId vm, List<VnicId> vnics, long epoch, boolean isNoted, ActorRef<HostReply> replyTo)
            implements Command {}

    /** To which vNICs something has happened since the last round. */
    private record Looked(@Nullable VnicNews news, @Nullable Throwable failure) implements Command {}

    /** A round is over. */
    private record Written(HostReply reply) implements Command {}

    private final DataPath dataPath;
    private final CheckpointWriter writer;
    private final ActorRef<HostCommand> agent;
    private final List<ActorRef<HostReply>> waiting = new ArrayList<>();
    /** Who waits for the round that goes on. */
    private List<ActorRef<HostReply>> askers = List.of();

    private long known = VnicNews.BEGINNING;
    private boolean writing;
    private boolean again;

    static Behavior<Command> create(DataPath dataPath, CheckpointWriter writer, ActorRef<HostCommand> agent) {
        return Behaviors.setup(context -> new Checkpointer(context, dataPath, writer, agent));
    }

    private Checkpointer(
            ActorContext<Command> context, DataPath dataPath, CheckpointWriter writer, ActorRef<HostCommand> agent) {
        super(context);
        this.agent = agent;
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
            case WriteSoon _ -> onWriteSoon();
            case Looked looked -> onLooked(looked);
            case Restorable restorable -> write(restorable.known());
            case Forget forget -> onForget(forget);
            case Written written -> onWritten(written);
        }
        return this;
    }

    private void onWrite(Write write) {
        ActorRef<HostReply> asker = write.replyTo();
        if (asker != null) {
            waiting.add(asker);
        }
        if (!writing) {
            begin();
        } else if (asker == null) {
            writer.late();
        }
    }

    private void onWriteSoon() {
        if (writing) {
            again = true;
        } else {
            begin();
        }
    }

    private void onForget(Forget forget) {
        writer.forget(forget.vnics(), forget.epoch(), forget.isNoted()).whenComplete((_, failure) -> {
            if (failure == null) {
                forget.replyTo().tell(new HostReply.VmGone(forget.vm(), forget.epoch()));
            } else {
                forget.replyTo()
                        .tell(new Refused(
                                RefusalCode.WRONG_STATE,
                                "a checkpoint of " + forget.vm() + " cannot be removed: " + failure.getMessage()));
            }
        });
    }

    private void begin() {
        writing = true;
        again = false;
        askers = List.copyOf(waiting);
        waiting.clear();
        getContext().pipeToSelf(dataPath.changedSince(known), Looked::new);
    }

    private void onLooked(Looked looked) {
        VnicNews news = looked.news();
        if (news == null) {
            Throwable failure = Objects.requireNonNull(looked.failure());
            onWritten(new Written(DataPathFailures.refusal(failure)));
            return;
        }
        known = news.mark();
        Set<VnicId> toWrite = writer.note(news.vnics());
        if (toWrite.isEmpty()) {
            onWritten(new Written(new HostReply.Checkpointed(0, List.of())));
        } else {
            agent.tell(new HostCommand.TellRestorable(toWrite));
        }
    }

    private void write(Map<VnicId, CheckpointWriter.Known> restorable) {
        getContext()
                .pipeToSelf(
                        writer.write(restorable, !askers.isEmpty()),
                        (done, failure) -> new Written(failure == null ? done : DataPathFailures.refusal(failure)));
    }

    private void onWritten(Written written) {
        writing = false;
        switch (written.reply()) {
            case HostReply.Checkpointed done when done.failures().isEmpty() -> {}
            case HostReply.Checkpointed done ->
                getContext().getLog().warn("checkpoints were not written: {}", done.failures());
            case HostReply reply -> getContext().getLog().warn("no checkpoints: {}", reply);
        }
        askers.forEach(asker -> asker.tell(written.reply()));
        askers = List.of();
        if (again || !waiting.isEmpty()) {
            begin();
        }
    }
}
