package io.portcullis.loadtest.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** A sound history passes; each fault that is put into it is found. */
class HistoryCheckerTest {
    private static final int HOST_1 = 0;
    private static final int HOST_2 = 1;
    private static final int MOVING = 0;
    private static final int TWIN = 1;
    private static final int FRAMES = 100;
    /** From here on the vNIC is at the other host. */
    private static final int MOVED_AT = 50;

    private static final long STEP_NANOS = 1_000_000;

    private final History history = new History(List.of("host-1", "host-2"), List.of("web", "web-twin"));

    private static long at(int number) {
        return (1_000 + number) * STEP_NANOS;
    }

    /** A flow of a hundred frames to the VM, which moves in their middle, and its twin's. */
    private void aMove() {
        history.add(new History.Flow(MOVING, 0, true, 1, false));
        history.add(new History.Flow(TWIN, 0, true, -1, false));
        history.add(new History.Tenure(MOVING, HOST_1, 4, 0, at(MOVED_AT + 5)));
        history.add(new History.Tenure(MOVING, HOST_2, 5, at(MOVED_AT - 5), Long.MAX_VALUE));
        history.add(new History.Tenure(TWIN, HOST_1, 1, 0, Long.MAX_VALUE));
        for (int number = 0; number < FRAMES; number++) {
            history.sent().append(0, true, number, 0, at(number));
            history.sent().append(1, true, number, 0, at(number));
        }
    }

    private void passes(int number) {
        passes(number, number < MOVED_AT ? HOST_1 : HOST_2);
    }

    private void passes(int number, int host) {
        history.decided().append(0, true, number, host, at(number) + 100);
    }

    private void passesAtTwin(int from, int to) {
        for (int number = from; number < to; number++) {
            history.decided().append(1, true, number, HOST_1, at(number) + 100);
        }
    }

    private void passAll(int from, int to) {
        for (int number = from; number < to; number++) {
            passes(number);
        }
    }

    private HistoryVerdict check() {
        return new HistoryChecker(history, STEP_NANOS).check();
    }

    private void assertBroken(Rule... rules) {
        assertThat(check().violations()).containsOnlyKeys(rules);
    }

    @Test
    void shouldFindNothingInASoundHistory() {
        aMove();
        passAll(0, FRAMES);
        passesAtTwin(0, FRAMES);
        HistoryVerdict verdict = check();
        assertThat(verdict.examples()).isEmpty();
        assertThat(verdict.holds()).isTrue();
        assertThat(verdict.compared()).isEqualTo(FRAMES);
    }

    @Test
    void shouldFindADuplicate() {
        aMove();
        passAll(0, 60);
        passes(59);
        passAll(60, FRAMES);
        passesAtTwin(0, FRAMES);
        assertBroken(Rule.ONCE);
    }

    @Test
    void shouldFindAFrameThatNobodySent() {
        aMove();
        passAll(0, FRAMES);
        passes(FRAMES + 7);
        passesAtTwin(0, FRAMES);
        assertBroken(Rule.ONCE);
    }

    @Test
    void shouldFindAReordering() {
        aMove();
        passAll(0, 60);
        passes(61);
        passes(60);
        passAll(62, FRAMES);
        passesAtTwin(0, FRAMES);
        assertBroken(Rule.ORDER);
    }

    @Test
    void shouldFindTwoEpochsAtOnce() {
        aMove();
        passAll(0, MOVED_AT + 2);
        passes(MOVED_AT + 2, HOST_1);
        passAll(MOVED_AT + 3, FRAMES);
        passesAtTwin(0, FRAMES);
        assertBroken(Rule.ONE_EPOCH);
        assertThat(check().examples().getFirst()).contains("web flow 0 in number 52", "host-1", "epoch 5");
    }

    @Test
    void shouldFindAHostThatGoesOnAfterItsReceipt() {
        aMove();
        passAll(0, MOVED_AT);
        for (int number = MOVED_AT; number < FRAMES; number++) {
            passes(number, HOST_1);
        }
        passesAtTwin(0, FRAMES);
        assertBroken(Rule.ONE_EPOCH);
    }

    @Test
    void shouldFindAHostThatEnforcesBeforeItWasAsked() {
        aMove();
        passAll(0, 10);
        passes(10, HOST_2);
        passAll(11, FRAMES);
        passesAtTwin(0, FRAMES);
        assertBroken(Rule.ONE_EPOCH);
    }

    @Test
    void shouldFindALoss() {
        aMove();
        passAll(0, 70);
        passAll(71, FRAMES);
        passesAtTwin(0, FRAMES);
        assertBroken(Rule.NOT_LOST, Rule.SAME_VERDICT);
    }

    @Test
    void shouldForgiveALossOnlyWhileAHostWasKilled() {
        aMove();
        history.add(new History.Outage(MOVING, at(70), at(71)));
        passAll(0, 70);
        passAll(71, FRAMES);
        passesAtTwin(0, FRAMES);
        assertThat(check().holds()).isTrue();
    }

    @Test
    void shouldFindAVerdictOtherThanTheTwins() {
        aMove();
        passAll(0, FRAMES);
        passesAtTwin(0, 30);
        passesAtTwin(31, FRAMES);
        assertBroken(Rule.SAME_VERDICT, Rule.NOT_LOST);
    }

    @Test
    void shouldFindWhatNoRuleAllows() {
        history.add(new History.Flow(MOVING, 0, false, -1, false));
        history.add(new History.Tenure(MOVING, HOST_1, 4, 0, Long.MAX_VALUE));
        history.sent().append(0, true, 0, 0, at(0));
        assertThat(check().holds()).isTrue();
        passes(0);
        assertBroken(Rule.SAME_VERDICT);
    }

    @Test
    void shouldFindAFrameThatPassesAfterItsRevocation() {
        aMove();
        history.add(new History.Ban(0, at(40), at(45), at(80), at(85), 7));
        passAll(0, 42);
        passesAtTwin(0, 43);
        passAll(82, FRAMES);
        passesAtTwin(82, FRAMES);
        HistoryVerdict sound = check();
        assertThat(sound.examples()).isEmpty();
        assertThat(sound.afterBan()).isEqualTo(2 * 34);

        passes(60);
        passesAtTwin(60, 61);
        assertThat(check().violations()).containsKey(Rule.REVOKED);
        assertThat(check().examples().toString()).contains("revision 7 was acknowledged");
    }

    @Test
    void shouldFindAFlowThatComesBackWhileItIsCut() {
        aMove();
        history.add(new History.Ban(0, at(40), at(50), Long.MAX_VALUE, Long.MAX_VALUE, 7));
        passAll(0, 42);
        passes(44);
        passesAtTwin(0, 42);
        assertBroken(Rule.REVOKED);
    }

    @Test
    void shouldBlameNobodyForAFrameThatAHostDecidesWhenItsBanIsLifted() {
        aMove();
        history.add(new History.Ban(0, at(40), at(45), at(80), at(85), 7));
        passAll(0, 42);
        history.decided().append(0, true, 79, HOST_2, at(80) + 100);
        passAll(82, FRAMES);
        passesAtTwin(0, 43);
        passesAtTwin(82, FRAMES);
        assertThat(check().examples()).isEmpty();
    }

    /** Datagrams in both directions under a ban; the client's come back with the given number, the VM's with the other. */
    private void aBanOfDatagrams(int firstToVm, int firstToClient) {
        history.add(new History.Flow(MOVING, 0, true, -1, false));
        history.add(new History.Tenure(MOVING, HOST_1, 4, 0, Long.MAX_VALUE));
        history.add(new History.Ban(0, at(20), at(25), at(40), at(45), 7));
        for (int number = 0; number < FRAMES; number++) {
            for (boolean isToVm : new boolean[] {true, false}) {
                history.sent().append(0, isToVm, number, 0, at(number));
                if (number < 20 || number >= (isToVm ? firstToVm : firstToClient)) {
                    history.decided().append(0, isToVm, number, HOST_1, at(number) + 100);
                }
            }
        }
    }

    @Test
    void shouldExpectAnswersOnlyWhenTheClientHasBeenHeardAgain() {
        aBanOfDatagrams(46, 47);
        assertThat(check().examples()).isEmpty();
    }

    @Test
    void shouldFindAnAnswerThatIsLostAfterThat() {
        aBanOfDatagrams(46, 50);
        assertBroken(Rule.NOT_LOST);
    }

    @Test
    void shouldNotTakeALossForACutWhileAHostWasKilled() {
        aMove();
        history.add(new History.Ban(0, at(60), at(90), Long.MAX_VALUE, Long.MAX_VALUE, 7));
        history.add(new History.Outage(MOVING, at(65), at(70)));
        passAll(0, 66);
        passAll(72, 80);
        passesAtTwin(0, 80);
        assertThat(check().examples()).isEmpty();
    }
}
