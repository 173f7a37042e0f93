package io.portcullis.migration.sim;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

/**
 * What happens in a simulation, and the seed of its chance: delays, and which message is lost in a bad network.
 *
 * @param sendsAhead whether tables are sent ahead of the cut; else all of them goes in the pause
 * @param acts in order of time
 */
record Plan(long seed, boolean sendsAhead, List<Act> acts) {
    static final int HOSTS = 3;
    static final int VMS = 2;

    /** No act begins later, and no fault lasts longer. */
    static final long CALM_MILLIS = 60_000;

    /** About so long after its order a migration that nothing hinders has ended. */
    private static final int CUT_MILLIS = 230;

    private static final int AT_ONCE_MILLIS = 150;

    private static final long LAST_ACT_MILLIS = 40_000;

    Plan {
        acts = acts.stream().sorted(Comparator.comparingLong(Act::atMillis)).toList();
    }

    /** In three of four tables are sent ahead. */
    static Plan random(long seed) {
        return random(seed, seed % 4 != 0);
    }

    /** Nothing is sent ahead of the cut: what goes wrong meets the hand-over soonest. */
    static Plan atOnce(long seed) {
        return random(seed, false);
    }

    /** Tables are sent ahead of the cut. */
    static Plan ahead(long seed) {
        return random(seed, true);
    }

    private static Plan random(long seed, boolean sendsAhead) {
        Random random = new Random(scrambled(seed));
        return new Plan(
                seed,
                sendsAhead,
                random.nextBoolean() ? manyOrders(random) : oneMove(random, another(seed), sendsAhead));
    }

    /** Chance of its own. */
    private static Random another(long seed) {
        return new Random(scrambled(~seed));
    }

    /**
     * As SplitMix64 ends (Steele, Lea, Flood, OOPSLA 2014): the first numbers of a {@link Random} hardly differ between seeds that follow each
     * other, so that all plans of some thousand seeds would be of one kind.
     */
    static long scrambled(long seed) {
        long z = seed + 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    /** As {@link #random}, but a hypervisor moves the VMs: it says that it has stopped them soon, late, twice or never. */
    static Plan hypervised(long seed) {
        return new Plan(
                seed, seed % 4 != 0, hypervised(another(seed), random(seed).acts()));
    }

    /** A random plan, and for some time of it the directory hears late of what is journaled; VMs are detached and attached anew meanwhile. */
    static Plan withALateDirectory(long seed) {
        Plan plan = random(seed);
        Random random = another(seed + 1);
        List<Act> acts = new ArrayList<>(plan.acts());
        long at = random.nextInt((int) LAST_ACT_MILLIS / 2);
        int vm = random.nextInt(VMS);
        acts.add(new Act.DelayDirectory(at, 2_000 + random.nextInt(16_000)));
        acts.add(new Act.Crash(at + random.nextInt(5_000), 5_000 + random.nextInt(20_000), random.nextInt(HOSTS)));
        acts.add(new Act.Detach(at + random.nextInt(15_000), vm));
        acts.add(new Act.Attach(at + random.nextInt(20_000), vm, random.nextInt(HOSTS)));
        return new Plan(seed, plan.sendsAhead(), acts);
    }

    private static List<Act> hypervised(Random random, List<Act> acts) {
        List<Act> all = new ArrayList<>();
        for (Act act : acts) {
            if (act instanceof Act.Migrate(long at, int vm, int host)) {
                all.add(new Act.Hypervise(at, vm, host));
                int stops = random.nextInt(5) == 0 ? random.nextInt(3) : 1;
                for (int i = 0; i < stops; i++) {
                    all.add(new Act.StopVm(at + random.nextInt(random.nextBoolean() ? 200 : 5_000), vm));
                }
            } else {
                all.add(act);
            }
        }
        return all;
    }

    /** One migration, and much that goes wrong at that time. */
    private static List<Act> oneMove(Random random, Random more, boolean sendsAhead) {
        int cutMillis = sendsAhead ? CUT_MILLIS : AT_ONCE_MILLIS;
        List<Act> acts = new ArrayList<>();
        int vm = random.nextInt(VMS);
        int from = random.nextInt(HOSTS);
        int to = (from + 1 + random.nextInt(HOSTS - 1)) % HOSTS;
        acts.add(new Act.Attach(0, vm, from));
        acts.add(new Act.Migrate(4_000, vm, to));
        Mishap.Move move = new Mishap.Move(vm, from, to, sendsAhead);
        if (more.nextInt(3) == 0) {
            // Nothing else is in its way.
            Mishap.values()[more.nextInt(Mishap.values().length)].add(acts, more, move);
            return acts;
        }
        int faults = 1 + random.nextInt(4);
        for (int i = 0; i < faults; i++) {
            long at = 4_000 + random.nextInt(random.nextBoolean() ? cutMillis : 2_500);
            int host = random.nextBoolean() ? from : to;
            acts.add(faultOf(random, at, host));
        }
        if (random.nextBoolean()) {
            acts.add(new Act.BadNetwork(
                    3_990 + random.nextInt(cutMillis),
                    300 + random.nextInt(5_000),
                    random.nextInt(50),
                    random.nextInt(30),
                    1 + random.nextInt(2_000)));
        }
        if (random.nextInt(3) == 0) {
            acts.add(new Act.Revoke(4_000 + random.nextInt(cutMillis), vm));
            acts.add(new Act.KeepRules(4_000 + random.nextInt(100), random.nextInt(8_000), to));
        }
        if (more.nextInt(5) == 0) {
            acts.add(new Act.Damage(3_900, to, 1 + more.nextInt(2)));
        }
        for (Mishap mishap : Mishap.values()) {
            if (more.nextInt(mishap.oneOf()) == 0) {
                mishap.add(acts, more, move);
            }
        }
        if (sendsAhead && more.nextInt(4) == 0) {
            // The other one goes the same way, or comes from elsewhere: only one of them is cut at a time.
            acts.add(new Act.Attach(0, 1 - vm, more.nextBoolean() ? from : HOSTS - from - to));
            acts.add(new Act.Migrate(4_000 + more.nextInt(100), 1 - vm, to));
        }
        return acts;
    }

    private static List<Act> manyOrders(Random random) {
        List<Act> acts = new ArrayList<>();
        for (int vm = 0; vm < VMS; vm++) {
            acts.add(new Act.Attach(random.nextInt(100), vm, random.nextInt(HOSTS)));
        }
        int orders = 2 + random.nextInt(8);
        for (int i = 0; i < orders; i++) {
            operate(acts, random);
        }
        int faults = random.nextInt(6);
        for (int i = 0; i < faults; i++) {
            acts.add(fault(random, at(random)));
        }
        return acts;
    }

    private static void operate(List<Act> acts, Random random) {
        long at = at(random);
        int vm = random.nextInt(VMS);
        switch (random.nextInt(10)) {
            case 0 -> acts.add(new Act.Detach(at, vm));
            case 1 -> acts.add(new Act.Attach(at, vm, random.nextInt(HOSTS)));
            case 2 -> acts.add(new Act.Revoke(at, vm));
            case 3 -> hurry(acts, random, at, vm);
            default -> migrate(acts, random, at, vm);
        }
    }

    /** One order after the other, in a network that brings them late and twice. */
    private static void hurry(List<Act> acts, Random random, long at, int vm) {
        acts.add(new Act.BadNetwork(at, 4_000, random.nextInt(30), 30, 1 + random.nextInt(1_500)));
        long next = at;
        for (int i = 0; i < 4; i++) {
            acts.add(new Act.Detach(next, vm));
            next += random.nextInt(800);
            acts.add(new Act.Attach(next, vm, random.nextInt(HOSTS)));
            next += random.nextInt(800);
        }
    }

    /** Often with something that happens while it is under way. */
    private static void migrate(List<Act> acts, Random random, long at, int vm) {
        int to = random.nextInt(HOSTS);
        acts.add(new Act.Migrate(at, vm, to));
        switch (random.nextInt(9)) {
            case 0 -> acts.add(new Act.Cancel(at + random.nextInt(300), vm));
            case 1 -> acts.add(new Act.Migrate(at + random.nextInt(400), vm, random.nextInt(HOSTS)));
            case 2 -> {
                acts.add(new Act.Revoke(at + random.nextInt(CUT_MILLIS), vm));
                acts.add(new Act.KeepRules(at + random.nextInt(150), random.nextInt(6_000), to));
            }
            case 3, 4 -> acts.add(fault(random, at + random.nextInt(300)));
            case 5 ->
                acts.add(new Act.BadNetwork(
                        at + random.nextInt(100),
                        500 + random.nextInt(3_000),
                        random.nextInt(60),
                        random.nextInt(30),
                        1 + random.nextInt(1_500)));
            case 6 -> {
                acts.add(new Act.Refuse(at + random.nextInt(150), to, 1 + random.nextInt(4)));
                acts.add(fault(random, at + random.nextInt(300)));
            }
            default -> {}
        }
    }

    private static Act fault(Random random, long at) {
        return faultOf(random, at, random.nextInt(HOSTS));
    }

    private static Act faultOf(Random random, long at, int host) {
        long shortly = 50 + random.nextInt(3_000);
        long longer = 100 + random.nextInt(18_000);
        boolean either = random.nextBoolean();
        return switch (random.nextInt(13)) {
            case 0, 1 ->
                new Act.BadNetwork(at, longer, random.nextInt(40), random.nextInt(20), 1 + random.nextInt(1_500));
            case 2 -> new Act.Isolate(at, longer, host, either);
            case 3 -> new Act.Isolate(at, shortly, host, either);
            case 4 -> new Act.CutLink(at, longer, host, (host + 1) % HOSTS);
            case 5 -> new Act.Crash(at, longer, host);
            case 6 -> new Act.Crash(at, shortly, host);
            case 7 -> new Act.RestartActors(at, host);
            case 8 -> new Act.LosePlacement(at, shortly, random.nextInt(VMS));
            case 9 -> new Act.SlowHost(at, longer, host);
            case 10 -> new Act.CutTunnels(at, longer, host);
            case 11 -> either ? new Act.Refuse(at, host, 1 + random.nextInt(4)) : new Act.KeepRules(at, longer, host);
            default ->
                either
                        ? new Act.LoseDatabase(at, shortly)
                        : new Act.JumpClock(at, random.nextInt(7_200_000) - 3_600_000);
        };
    }

    private static long at(Random random) {
        return 200 + random.nextInt((int) LAST_ACT_MILLIS);
    }

    /** The same chance, other acts. */
    Plan with(List<Act> others) {
        return new Plan(seed, sendsAhead, others);
    }
}
