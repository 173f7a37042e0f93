package io.portcullis.migration.sim;

import java.util.List;
import java.util.Random;

/** What must come together, at the right time of one migration, for a mistake to show: chance alone would hardly ever find it. */
enum Mishap {
    /** The tunnel stands still from about the seal on, and the source's part ends: the destination is given up before it has the word. */
    LATE_WORD(3) {
        @Override
        void add(List<Act> acts, Random random, Move move) {
            long at = move.cutAt() + random.nextInt(80);
            if (random.nextBoolean()) {
                acts.add(new Act.CutTunnels(at, 500 + random.nextInt(3_500), move.to()));
                acts.add(new Act.RestartActors(at + random.nextInt(300), move.from()));
            } else {
                acts.add(new Act.CutTunnels(at, 150 + random.nextInt(600), move.to()));
                acts.add(new Act.StopSessions(at + 5 + random.nextInt(100), move.from()));
            }
        }
    },
    /** The tunnel stands still from about the seal on, the table goes by orders, twice or late, and the destination does not take it in. */
    REFUSED_TABLE(5) {
        @Override
        void add(List<Act> acts, Random random, Move move) {
            long at = move.cutAt() + random.nextInt(50);
            acts.add(new Act.CutTunnels(at, 2_000 + random.nextInt(8_000), move.to()));
            acts.add(new Act.BadNetwork(
                    at, 6_000, random.nextInt(20), 20 + random.nextInt(40), 1 + random.nextInt(600)));
            acts.add(new Act.Refuse(at + random.nextInt(1_500), move.to(), 1 + random.nextInt(3)));
        }
    },
    /** The directory, or all of the database, stands still from about the cut on, and the source starts again: it may read its row of before. */
    OLD_ROW(4) {
        @Override
        void add(List<Act> acts, Random random, Move move) {
            long at = move.cutAt() + random.nextInt(120);
            long shortly = 500 + random.nextInt(4_000);
            acts.add(random.nextInt(4) == 0 ? new Act.LoseDatabase(at, shortly) : new Act.DelayDirectory(at, shortly));
            long again = at + random.nextInt(600);
            acts.add(
                    random.nextBoolean()
                            ? new Act.RestartActors(again, move.from())
                            : new Act.Crash(again, 100 + random.nextInt(2_000), move.from()));
            if (random.nextInt(3) == 0) {
                acts.add(
                        new Act.Crash(again + 1_000 + random.nextInt(2_000), 100 + random.nextInt(2_000), move.from()));
            }
        }
    },
    /** A bug stops one side. */
    DEAD_SESSION(3) {
        @Override
        void add(List<Act> acts, Random random, Move move) {
            int within = random.nextBoolean() ? 230 : 1_500;
            acts.add(new Act.StopSessions(
                    BEGINS_MILLIS + random.nextInt(within), random.nextBoolean() ? move.from() : move.to()));
        }
    },
    /** The destination is taken for dead before anybody has heard that it enforces, and one of the VM's two tunnels to it has ended. */
    BROKEN_TUNNEL(6) {
        @Override
        void add(List<Act> acts, Random random, Move move) {
            long at = move.cutAt() - 10 + random.nextInt(80);
            acts.add(new Act.Isolate(at, 8_000 + random.nextInt(10_000), move.to(), false));
            acts.add(new Act.BreakTunnel(
                    at + random.nextInt(random.nextBoolean() ? 100 : 6_000),
                    move.vm(),
                    move.vm() == 0 ? random.nextInt(2) : 0));
        }
    },
    /**
     * What a source hands over by orders comes late; meanwhile a bug ends its part, the destination promises never to activate, and the source, which cannot
     * ask it, has its VM back.
     */
    LATE_HANDOVER(5) {
        @Override
        void add(List<Act> acts, Random random, Move move) {
            long at = move.cutAt() + 5 + random.nextInt(50);
            long endsAt = at + 10 + random.nextInt(50);
            acts.add(new Act.BadNetwork(at, 10 + random.nextInt(60), 0, 0, 300 + random.nextInt(1_000)));
            acts.add(new Act.CutTunnels(endsAt - random.nextInt(10), 5_000, move.to()));
            acts.add(new Act.StopSessions(endsAt, move.from()));
        }
    },
    /** A destination enforces, has that on its disk, and dies before anybody has heard of it. */
    UNHEARD_DEATH(6) {
        @Override
        void add(List<Act> acts, Random random, Move move) {
            long at = move.cutAt() - 10 + random.nextInt(80);
            acts.add(new Act.Isolate(at, 3_000 + random.nextInt(10_000), move.to(), false));
            acts.add(new Act.Crash(at + 500 + random.nextInt(2_000), 100 + random.nextInt(1_500), move.to()));
        }
    },
    /** The first order to the destination comes after the migration has been given up, or that to cut after the source was asked what became of it. */
    LATE_ORDER(6) {
        @Override
        void add(List<Act> acts, Random random, Move move) {
            if (random.nextInt(3) == 0) {
                acts.add(new Act.BadNetwork(
                        move.cutAt() - 40 + random.nextInt(45),
                        10 + random.nextInt(60),
                        0,
                        0,
                        2_000 + random.nextInt(4_000)));
                return;
            }
            acts.add(new Act.BadNetwork(
                    BEGINS_MILLIS + random.nextInt(15), 5 + random.nextInt(40), 0, 30, 1_000 + random.nextInt(3_000)));
            acts.add(new Act.Cancel(BEGINS_MILLIS + 50 + random.nextInt(600), move.vm()));
        }
    };

    /** When the migration is ordered. */
    static final long BEGINS_MILLIS = 4_000;

    /** A migration from one host to another that nothing else has hindered. */
    record Move(int vm, int from, int to, boolean sendsAhead) {
        /** About when the source is told to cut, which takes longer for the VM with two vNICs. */
        long cutAt() {
            return BEGINS_MILLIS + (!sendsAhead ? 60 : vm == 0 ? 145 : 100);
        }
    }

    private final int oneOf;

    Mishap(int oneOf) {
        this.oneOf = oneOf;
    }

    /** Of so many migrations with other faults it meets one. */
    int oneOf() {
        return oneOf;
    }

    abstract void add(List<Act> acts, Random random, Move move);
}
