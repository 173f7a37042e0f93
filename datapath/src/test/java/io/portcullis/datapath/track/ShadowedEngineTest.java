package io.portcullis.datapath.track;

import static io.portcullis.datapath.classify.Rules.aRule;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.classify.CompiledRules;
import io.portcullis.datapath.classify.Rules;
import io.portcullis.datapath.engine.ShadowReport;
import io.portcullis.datapath.engine.Survey;
import io.portcullis.datapath.engine.Verdict;
import io.portcullis.datapath.engine.VnicEngine;
import io.portcullis.datapath.engine.VnicIdentity;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.track.ShortWayTest.Sent;
import io.portcullis.policy.Action;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.TcpPickup;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.EthernetMatch;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.TableRule;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/**
 * An engine with a shadow says, answers and remembers exactly what one without says, whatever the shadow is, when it changes, and when live
 * connections are judged under it.
 */
class ShadowedEngineTest {
    private static final VnicIdentity IDENTITY =
            new VnicIdentity(VnicId.parse("acme/web-1/eth0"), Frames.VM_MAC, List.of(Frames.VM, Frames.VM6));

    private final Verdict[] verdicts = new Verdict[Burst.MAX_FRAMES];
    private long differences;

    @RepeatedTest(20)
    void shouldChangeNoVerdictByAnyShadow() {
        long seed = Long.getLong("portcullis.seed", new Random().nextLong());
        System.out.println("ShadowedEngineTest: -Dportcullis.seed=" + seed);
        Random random = new Random(seed);
        List<Sent> traffic = ShortWayTest.traffic(random);
        try (Arena arena = Arena.ofConfined();
                VnicEngine shadowed = new VnicEngine(IDENTITY, 200);
                VnicEngine plain = new VnicEngine(IDENTITY, 200)) {
            Burst burst = new Burst(arena);
            Burst[] replies = {new Burst(arena), new Burst(arena), new Burst(arena), new Burst(arena)};
            long now = 1_000_000_000L;
            long revision = 0;
            Survey survey = null;
            for (int at = 0; at < traffic.size(); ) {
                if (revision == 0 || random.nextInt(12) == 0) {
                    CompiledRules rules = CompiledRules.of(table(random, ++revision));
                    shadowed.install(revision, rules, now);
                    plain.install(revision, rules, now);
                }
                if (random.nextInt(5) == 0) {
                    CompiledRules shadow =
                            random.nextInt(6) == 0 ? null : CompiledRules.of(table(random, 1_000_000 + at));
                    differences += differences(shadowed.shadowReport(now));
                    shadowed.installShadow(++revision, shadow);
                }
                burst.clear();
                Direction direction = traffic.get(at).direction();
                int most = 1 + random.nextInt(40);
                while (at < traffic.size()
                        && burst.count() < most
                        && burst.hasRoom()
                        && traffic.get(at).direction() == direction) {
                    traffic.get(at++).frame().appendTo(burst);
                }
                now += random.nextInt(30) == 0 ? random.nextInt(200) * 1_000_000_000L : random.nextInt(3_000_000);
                compare(shadowed, plain, burst, direction, now, replies, seed);
                Survey begun = random.nextInt(3) == 0 ? shadowed.judgeLive() : null;
                survey = begun == null ? survey : begun;
                survey = survey == null || survey.step(1 + random.nextInt(50), now) ? null : survey;
                shadowed.expire(now);
                plain.expire(now);
            }
            assertThat(shadowed.exportTable(now).digest())
                    .as("seed %d", seed)
                    .isEqualTo(plain.exportTable(now).digest());
            assertThat(shadowed.connections(1_000, now))
                    .as("seed %d", seed)
                    .containsExactlyInAnyOrderElementsOf(plain.connections(1_000, now));
            assertThat(shadowed.ruleHits()).as("seed %d", seed).isEqualTo(plain.ruleHits());
        }
    }

    @Test
    void shouldCompareEnginesThatDoDiffer() {
        for (int i = 0; i < 10; i++) {
            shouldChangeNoVerdictByAnyShadow();
        }
        assertThat(differences).as("verdicts that shadows would have changed").isPositive();
    }

    private static long differences(@Nullable ShadowReport report) {
        return report == null
                ? 0
                : report.rules().stream()
                        .mapToLong(rule -> rule.wouldAllow() + rule.wouldCut() + rule.wouldDeny())
                        .sum();
    }

    private void compare(
            VnicEngine shadowed,
            VnicEngine plain,
            Burst burst,
            Direction direction,
            long now,
            Burst[] replies,
            long seed) {
        for (Burst reply : replies) {
            reply.clear();
        }
        shadowed.process(burst, 0, burst.count(), direction, now, verdicts, replies[0], replies[1]);
        List<Verdict> ours = Arrays.asList(Arrays.copyOf(verdicts, burst.count()));
        plain.process(burst, 0, burst.count(), direction, now, verdicts, replies[2], replies[3]);
        assertThat(ours).as("seed %d", seed).isEqualTo(Arrays.asList(Arrays.copyOf(verdicts, burst.count())));
        assertThat(bytes(replies[0])).as("seed %d", seed).isEqualTo(bytes(replies[2]));
        assertThat(bytes(replies[1])).as("seed %d", seed).isEqualTo(bytes(replies[3]));
        assertThat(shadowed.counters()).as("seed %d", seed).isEqualTo(plain.counters());
    }

    private static List<List<Byte>> bytes(Burst burst) {
        List<List<Byte>> frames = new ArrayList<>();
        for (int i = 0; i < burst.count(); i++) {
            List<Byte> frame = new ArrayList<>();
            for (int at = 0; at < burst.length(i); at++) {
                frame.add(burst.memory().get(java.lang.foreign.ValueLayout.JAVA_BYTE, burst.offset(i) + (long) at));
            }
            frames.add(frame);
        }
        return frames;
    }

    private static RuleTable table(Random random, long number) {
        List<TableRule> rules = new ArrayList<>();
        for (int count = random.nextInt(12); count > 0; count--) {
            Rules rule = aRule(1 + random.nextInt(40)).live(LiveFlowMode.values()[random.nextInt(3)]);
            rule = random.nextInt(3) == 0 ? rule : random.nextBoolean() ? rule.inbound() : rule.outbound();
            rule = switch (random.nextInt(4)) {
                case 0 -> rule;
                case 1 -> rule.service(Rules.tcp(80));
                case 2 -> rule.service(Rules.udp(80));
                default -> rule.service(Rules.tcp(1_000 + random.nextInt(30)));
            };
            rule = random.nextInt(6) == 0 ? rule.pickup(TcpPickup.values()[random.nextInt(3)]) : rule;
            boolean isStateless = random.nextInt(6) == 0;
            rule = isStateless ? rule.pickup(TcpPickup.INHERIT).stateless() : rule;
            boolean isFirst = !isStateless && rules.isEmpty() && random.nextInt(4) == 0;
            rule = isFirst
                    ? rule.pickup(TcpPickup.INHERIT)
                            .ethernet(EthernetMatch.etherTypes(random.nextBoolean() ? 0x0800 : 0x86dd))
                    : rule;
            rules.add(random.nextInt(4) == 0 ? rule.drop() : random.nextInt(4) == 0 ? rule.reject() : rule.allow());
        }
        Action defaultAction = random.nextBoolean() ? Action.ALLOW : Action.REJECT;
        return new RuleTable("t" + number, distinct(rules), defaultAction, false);
    }

    /** No two with one id. */
    private static List<TableRule> distinct(List<TableRule> rules) {
        List<TableRule> distinct = new ArrayList<>();
        rules.stream()
                .filter(rule -> distinct.stream().noneMatch(other -> other.id() == rule.id()))
                .forEach(distinct::add);
        return distinct;
    }
}
