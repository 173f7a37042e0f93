package io.portcullis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.RefusedException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class LargeBodiesTest {
    private static final int LARGE = LargeBodies.LARGE_BYTES + 1;

    private final LargeBodies bodies = new LargeBodies(Runnable::run);
    private final List<CompletableFuture<Answer>> begun = new ArrayList<>();

    private CompletionStage<Answer> request(int bytes) {
        Supplier<CompletionStage<Answer>> work = () -> {
            begun.add(new CompletableFuture<>());
            return begun.getLast();
        };
        return bodies.handle(bytes, work);
    }

    @Test
    void shouldWorkAtOneLargeBodyAtATimeAndAtSmallOnesBesides() {
        request(LARGE);
        request(LARGE);
        request(LARGE);
        request(LargeBodies.LARGE_BYTES);
        assertThat(begun).hasSize(2);

        begun.get(0).completeExceptionally(new IllegalStateException("refused"));
        assertThat(begun).hasSize(3);
        begun.get(2).complete(Answer.noContent());

        assertThat(begun).hasSize(4);
    }

    @Test
    void shouldRefuseMoreThanItLetsWaitUntilOneIsDone() {
        for (int count = 0; count < LargeBodies.MAX_WAITING; count++) {
            request(LARGE);
        }

        assertThatThrownBy(() -> request(LARGE).toCompletableFuture().join())
                .hasCauseInstanceOf(RefusedException.class)
                .hasMessageContaining("waiting");
        begun.getFirst().complete(Answer.noContent());

        assertThat(request(LARGE).toCompletableFuture()).isNotDone();
    }

    @Test
    void shouldHoldNoMoreBytesOfLargeBodiesThanItsBoundUntilOneIsReleased() {
        int most = 12;
        int piece = (int) (LargeBodies.MAX_HELD_BYTES / most);
        List<LargeBodies.Held> held = new ArrayList<>();
        for (int count = 0; count < most; count++) {
            held.add(bodies.hold());
            assertThat(held.getLast().grow(piece)).isTrue();
        }
        LargeBodies.Held small = bodies.hold();
        LargeBodies.Held large = bodies.hold();

        assertThat(small.grow(LargeBodies.LARGE_BYTES)).isTrue();
        assertThat(large.grow(LargeBodies.LARGE_BYTES)).isTrue();
        assertThat(large.grow(1)).isFalse();

        large.release();
        held.getFirst().release();
        held.getFirst().release();
        assertThat(large.grow(piece)).isTrue();
        assertThat(bodies.hold().grow(piece)).isFalse();
    }

    @Test
    void shouldGoOnAfterWorkThatThrows() {
        CompletionStage<Answer> thrown = bodies.handle(LARGE, () -> {
            throw new IllegalStateException("a defect");
        });

        assertThat(thrown.toCompletableFuture()).isCompletedExceptionally();
        request(LARGE);
        assertThat(begun).hasSize(1);
    }
}
