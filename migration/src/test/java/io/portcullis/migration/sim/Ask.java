package io.portcullis.migration.sim;

import io.portcullis.migration.model.Refusal;
import io.portcullis.vnic.RefusalCode;
import org.jspecify.annotations.Nullable;

/** A question to a host's firewalls: answered once, or silence after its time. */
final class Ask<T> {
    interface Answer<T> {
        /** Exactly one of both is there, but for a value that is void. */
        void accept(@Nullable T value, @Nullable Refusal refusal);
    }

    private final SimHost host;
    private final int actors;
    private final Answer<T> answer;
    private boolean isOver;

    Ask(SimHost host, long limitMillis, Answer<T> answer) {
        this.host = host;
        this.actors = host.actorsIncarnation();
        this.answer = answer;
        host.world().time.after(limitMillis, () -> end(null, new Refusal(RefusalCode.TIMEOUT, "no answer in time")));
    }

    /** Whether somebody waits for the answer. */
    boolean isOpen() {
        return !isOver && host.isRunning(actors);
    }

    void done(@Nullable T value) {
        host.world().time.after(1, () -> end(value, null));
    }

    void refuse(RefusalCode code, String why) {
        host.world().time.after(1, () -> end(null, new Refusal(code, why)));
    }

    private void end(@Nullable T value, @Nullable Refusal refusal) {
        if (!isOver && host.isRunning(actors)) {
            isOver = true;
            answer.accept(value, refusal);
        }
    }
}
