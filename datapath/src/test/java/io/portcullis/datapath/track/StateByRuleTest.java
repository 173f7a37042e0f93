package io.portcullis.datapath.track;

import static io.portcullis.datapath.classify.Rules.aRule;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.classify.Classifier;
import io.portcullis.datapath.classify.LinearClassifier;
import io.portcullis.datapath.classify.Rules;
import io.portcullis.datapath.engine.Verdict;
import io.portcullis.datapath.engine.VnicEngine;
import io.portcullis.datapath.engine.VnicIdentity;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketParser;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.ParseResult;
import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.track.ShortWayTest.Sent;
import io.portcullis.policy.Action;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.TcpPickup;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.ServiceMatch;
import io.portcullis.policy.table.TableRule;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;

/**
 * The engine against a plain reading of what rules say of state: a tracker, a scan of the rules, and the words of the rules themselves. Random
 * tables that change, and packets of all kinds, many of them out of place. {@code -Dportcullis.seed} repeats a run.
 */
class StateByRuleTest {
    private static final VnicIdentity IDENTITY =
            new VnicIdentity(VnicId.parse("acme/web-1/eth0"), Frames.VM_MAC, List.of(Frames.VM, Frames.VM6));
    private static final int MAX_CONNECTIONS = 10_000;

    /** What a policy that keeps state by rule means, and nothing of how an engine does it fast. */
    private static final class Reference implements AutoCloseable {
        private final ConnectionTracker tracker =
                new ConnectionTracker(ConnectionTable.create(MAX_CONNECTIONS), TrackingProfile.LOOSE);
        private final Map<Long, Long> hits = new HashMap<>();
        private RuleTable table = new RuleTable("", List.of(), Action.DROP, false);
        private LinearClassifier rules = new LinearClassifier(table);
        private long revision;

        void install(long newRevision, RuleTable newTable) {
            revision = newRevision;
            table = newTable;
            rules = new LinearClassifier(newTable);
            tracker.table().setCurrentRevision(newRevision);
        }

        private @Nullable TableRule decide(PacketView packet, Direction direction) {
            int decision = rules.classify(packet, direction);
            return decision == Classifier.DEFAULT ? null : table.rules().get(decision);
        }

        private @Nullable TableRule decideOriginal(int slot) {
            PacketView original = new PacketView();
            tracker.table().originalTuple(slot, original);
            return decide(original, tracker.table().isOutbound(slot) ? Direction.OUT : Direction.IN);
        }

        private Action action(@Nullable TableRule rule) {
            return rule == null ? table.defaultAction() : rule.action();
        }

        private static LiveFlowMode mode(@Nullable TableRule rule) {
            return rule == null ? LiveFlowMode.RECHECK : rule.liveFlowMode();
        }

        private static boolean isStateless(@Nullable TableRule rule) {
            return rule != null && rule.stateless();
        }

        private boolean picksUp(@Nullable TableRule rule) {
            return switch (rule == null ? TcpPickup.INHERIT : rule.pickup()) {
                case INHERIT -> table.looseTracking();
                case STRICT -> false;
                case LOOSE -> true;
            };
        }

        Verdict judge(PacketView packet, Direction direction, long now) {
            TrackResult tracked = tracker.lookup(packet, now);
            if (tracked.isHit() || tracked == TrackResult.RELATED) {
                int slot = tracker.connection();
                if (tracker.table().isCurrent(slot)) {
                    return Verdict.ALLOW;
                }
                TableRule rule = decideOriginal(slot);
                if (isStateless(rule) && action(rule) == Action.ALLOW && mode(rule) != LiveFlowMode.KEEP) {
                    if (tracked == TrackResult.RELATED) {
                        return judgeAlone(TrackResult.INVALID_UNRELATED_ERROR, packet, direction, now);
                    }
                    tracker.remove(slot);
                    return judgeAlone(tracker.lookup(packet, now), packet, direction, now);
                }
                if (action(rule) != Action.ALLOW && mode(rule) != LiveFlowMode.KEEP) {
                    boolean isReset = packet.isTcp() && mode(rule) == LiveFlowMode.RESET;
                    if (tracked.isHit()) {
                        tracker.remove(slot);
                        hit(rule);
                    }
                    return tracked.isHit() && (isReset || action(rule) == Action.REJECT)
                            ? Verdict.REJECT
                            : Verdict.DROP;
                }
                if (tracked.isHit()) {
                    tracker.table().judged(slot, tracker.table().ruleId(slot), revision);
                }
                return Verdict.ALLOW;
            }
            return judgeAlone(tracked, packet, direction, now);
        }

        private Verdict judgeAlone(TrackResult tracked, PacketView packet, Direction direction, long now) {
            if (tracked.isInvalid() && !tracked.opensNothing()) {
                return Verdict.DROP;
            }
            TableRule rule = decide(packet, direction);
            boolean isMidStream = packet.isTcp() && (packet.tcpFlags & PacketView.TCP_SYN) == 0;
            if (!isStateless(rule) && (tracked.isInvalid() || (isMidStream && !picksUp(rule)))) {
                return Verdict.DROP;
            }
            hit(rule);
            return switch (action(rule)) {
                case ALLOW -> {
                    if (!isStateless(rule) && tracked == TrackResult.MISS_NEW) {
                        tracker.insert(packet, direction, 1, revision, now);
                    }
                    yield Verdict.ALLOW;
                }
                case REJECT -> Verdict.REJECT;
                case DROP, PASS -> Verdict.DROP;
            };
        }

        private void hit(@Nullable TableRule rule) {
            hits.merge(rule == null ? RuleTable.DEFAULT_RULE_ID : rule.id(), 1L, Long::sum);
        }

        @Override
        public void close() {
            tracker.close();
        }
    }

    @RepeatedTest(30)
    void shouldKeepStateAsEachRuleSays() {
        long seed = Long.getLong("portcullis.seed", new Random().nextLong());
        System.out.println("StateByRuleTest: -Dportcullis.seed=" + seed);
        Random random = new Random(seed);
        List<Sent> traffic = traffic(random);
        Verdict[] verdicts = new Verdict[Burst.MAX_FRAMES];
        int passed = 0;
        try (Arena arena = Arena.ofConfined();
                VnicEngine engine = new VnicEngine(IDENTITY, MAX_CONNECTIONS);
                Reference reference = new Reference()) {
            Burst burst = new Burst(arena);
            Burst replies = new Burst(arena);
            PacketView packet = new PacketView();
            long now = 1_000_000_000L;
            long revision = 0;
            for (int number = 0; number < traffic.size(); number++) {
                if (number % 60 == 0) {
                    RuleTable table = table(random, ++revision);
                    engine.install(revision, table, now);
                    reference.install(revision, table);
                }
                Sent sent = traffic.get(number);
                burst.clear();
                replies.clear();
                sent.frame().appendTo(burst);
                engine.process(burst, 0, 1, sent.direction(), now, verdicts, replies, replies);
                ParseResult parsed = PacketParser.parse(burst.memory(), burst.offset(0), burst.length(0), packet);
                assertThat(parsed).isEqualTo(ParseResult.OK);
                assertThat(verdicts[0])
                        .as("seed %d packet %d: %s flags %d", seed, number, sent.direction(), packet.tcpFlags)
                        .isEqualTo(reference.judge(packet, sent.direction(), now));
                passed += verdicts[0].passes() ? 1 : 0;
                now += random.nextInt(3_000_000);
            }
            assertThat(engine.connectionCount())
                    .as("seed %d", seed)
                    .isEqualTo(reference.tracker.table().count());
            engine.ruleHits()
                    .forEach((id, count) -> assertThat(count)
                            .as("seed %d hits of %d", seed, id)
                            .isLessThanOrEqualTo(reference.hits.getOrDefault(id, 0L)));
        }
        assertThat(passed).as("seed %d, else the comparison says little", seed).isBetween(1, traffic.size() - 1);
    }

    /** Conversations, some of them without their beginning, and packets that belong to nothing. */
    private static List<Sent> traffic(Random random) {
        List<Sent> all = new ArrayList<>(ShortWayTest.traffic(random));
        all.removeIf(sent -> random.nextInt(6) == 0);
        for (int count = all.size() / 4; count > 0; count--) {
            boolean isOut = random.nextBoolean();
            FrameBuilder frame = stray(random, isOut ? Frames.fromVm() : Frames.toVm());
            all.add(random.nextInt(all.size()), new Sent(isOut ? Direction.OUT : Direction.IN, frame));
        }
        return all;
    }

    private static FrameBuilder stray(Random random, FrameBuilder frame) {
        int port = 1_000 + random.nextInt(30);
        byte[] quoted = Frames.datagramOf(Frames.fromVm().udp(port, 80).build());
        return switch (random.nextInt(6)) {
            case 0 -> frame.echoRequest(random.nextInt(3), 1);
            case 1 -> frame.echoReply(random.nextInt(3), 1);
            case 2 -> frame.icmp(3, random.nextInt(2), 0).payload(quoted);
            case 3 -> frame.protocol(47).payload(new byte[8]);
            case 4 -> frame.tcp(port, 80).flags(random.nextInt(64));
            default -> frame.tcp(80, port).flags(PacketView.TCP_ACK);
        };
    }

    private static RuleTable table(Random random, long number) {
        List<TableRule> rules = new ArrayList<>();
        for (int id = 2 + random.nextInt(8); id > 0; id--) {
            Rules rule = aRule(id).live(LiveFlowMode.values()[random.nextInt(3)]);
            rule = random.nextInt(3) == 0 ? rule : random.nextBoolean() ? rule.inbound() : rule.outbound();
            rule = switch (random.nextInt(6)) {
                case 0 -> rule;
                case 1 -> rule.service(Rules.tcp(80));
                case 2 -> rule.service(Rules.udp(80));
                case 3 -> rule.service(ServiceMatch.icmp(1, new int[] {0, 3, 8}[random.nextInt(3)], -1));
                case 4 -> rule.service(new ServiceMatch(6, 80, 80, 0, 65_535, -1, -1));
                default -> rule.service(Rules.tcp(1_000 + random.nextInt(30)));
            };
            rule = random.nextBoolean() ? rule.stateless() : rule.pickup(TcpPickup.values()[random.nextInt(3)]);
            rules.add(random.nextInt(4) == 0 ? rule.drop() : random.nextInt(4) == 0 ? rule.reject() : rule.allow());
        }
        Action defaultAction = random.nextBoolean() ? Action.ALLOW : Action.DROP;
        return new RuleTable("t" + number, rules, defaultAction, random.nextBoolean());
    }
}
