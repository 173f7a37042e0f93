package io.portcullis.cluster.multinode;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.MigrationView;
import io.portcullis.api.PlacementView;
import io.portcullis.api.PortcullisClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.remote.testconductor.RoleName;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Messages between two hosts stop in the middle of a migration between them. The data paths' own tunnel is not cut. Whatever
 * happens, at most one host enforces, and the connections live on; how the migration ends depends on who can still be reached.
 */
class PartitionDuringMigrationTest {
    @Test
    void shouldNeverEnforceTwiceWhenSourceAndDestinationLoseEachOther(@TempDir Path directory) throws Exception {
        MultiNodeRunner.run(Scenario.class, 3, directory);
    }

    static final class Scenario extends ClusterScenario {
        /** A host that is cut off for a while is seen unreachable before that, and downed never; one that is only slow is neither. */
        private static final String SETTINGS = """
            portcullis.migration.cutover-timeout = 8s
            pekko.cluster.split-brain-resolver.stable-after = 10m
            pekko.cluster.failure-detector { heartbeat-interval = 300ms, acceptable-heartbeat-pause = 4s }
            """;

        /** Long enough to lose the state and its hand-over, and the first tries to send them again. */
        private static final long SHORT_CUT_MILLIS = 1_200;

        /** Placements run here: this node was there first. */
        private final RoleName coordinator = config.host(1);

        private final RoleName second = config.host(2);
        private final RoleName third = config.host(3);

        private final List<String> story = new ArrayList<>();
        private @Nullable ScenarioTenant tenant;
        private @Nullable ScenarioTraffic traffic;

        Scenario() {
            super(new HostsConfig(3, SETTINGS));
        }

        /** A migration during which two hosts are cut off from each other, at a known moment. */
        private record Round(String name, RoleName from, RoleName to, RoleName held, HoldPoint point) {}

        /** What the conductor does while the hosts are cut off, until the links are to be healed. */
        @FunctionalInterface
        private interface WhileCut {
            void run(String migration) throws Exception;
        }

        @Override
        void play() throws Exception {
            if (isRole(coordinator)) {
                startLab();
                startThis();
                tenant = ScenarioTenant.create(lab(), client(coordinator), "host-1", "host-1");
            }
            barrier("placed");
            if (!isRole(coordinator)) {
                startThis();
            }
            barrier("started");
            if (isRole(coordinator)) {
                traffic = ScenarioTraffic.start(Objects.requireNonNull(tenant));
                story.add("host-1 with epoch 1");
                move(second);
            }
            stateCannotPass();
            answerCannotPass();
            partitionIsShort();
            coordinatorIsCutOffFromAWaitingDestination();
            coordinatorIsCutOffFromAnEnforcingDestination();
            stopWatch();
            barrier("watched");
            if (isRole(coordinator)) {
                Objects.requireNonNull(traffic).stopIntact();
                assertThat(assertOneEnforcer()).isEqualTo(story);
            }
            barrier("over");
            close();
        }

        /** The coordinator reaches both: it takes the VM back to its source while they are still cut off. */
        private void stateCannotPass() throws Exception {
            MigrationView ended = play(new Round("state", second, third, second, HoldPoint.SEALED), this::awaitEnd);
            if (ended != null) {
                assertThat(ended.state()).isEqualTo("RECLAIMED");
                assertThat(ended.reason()).contains("CUTTING_OVER took longer than its limit");
                assertEnds(ended, second, 2);
            }
        }

        /** The destination enforces and its coordinator knows: it commits and releases the source, who never got the answer. */
        private void answerCannotPass() throws Exception {
            MigrationView ended = play(new Round("answer", second, third, third, HoldPoint.ACTIVATED), this::awaitEnd);
            if (ended != null) {
                assertLossless(ended);
                assertEnds(ended, third, 1);
            }
        }

        /** Healed before the limit: what was lost is sent again. */
        private void partitionIsShort() throws Exception {
            MigrationView ended = play(
                    new Round("short", third, second, third, HoldPoint.SEALED),
                    id -> TimeUnit.MILLISECONDS.sleep(SHORT_CUT_MILLIS));
            if (ended != null) {
                assertLossless(ended);
                assertEnds(ended, second, 1);
                move(coordinator);
            }
        }

        /**
         * Nobody may say yes or no before the destination was asked: the VM waits, held by both sides, and either end is right
         * when the links are back.
         */
        private void coordinatorIsCutOffFromAWaitingDestination() throws Exception {
            MigrationView ended = play(
                    new Round("undecided", coordinator, second, coordinator, HoldPoint.SEALED), this::awaitRollback);
            if (ended != null) {
                assertThat(ended.state()).isIn("COMMITTED", "RECLAIMED");
                if (ended.state().equals("COMMITTED")) {
                    assertEnds(ended, second, 1);
                    move(coordinator);
                } else {
                    assertEnds(ended, coordinator, 2);
                }
            }
        }

        /** The destination enforces, its coordinator does not know and gives up: it may not take the VM back, and does not. */
        private void coordinatorIsCutOffFromAnEnforcingDestination() throws Exception {
            MigrationView ended = play(new Round("unheard", coordinator, third, third, HoldPoint.ACTIVATED), id -> {
                awaitRollback(id);
                Objects.requireNonNull(traffic).awaitProgress();
            });
            if (ended != null) {
                assertThat(assertNothingLost(ended).problems())
                        .containsExactly("phase CUTTING_OVER took longer than its limit");
                assertEnds(ended, third, 1);
            }
        }

        // ---- how a round goes

        /** Every role plays its part; the conductor gets how the migration ended, the others null. */
        private @Nullable MigrationView play(Round round, WhileCut whileCut) throws Exception {
            boolean conducts = isRole(coordinator);
            boolean holds = isRole(round.held());
            MigrationGates.Gate gate =
                    holds ? MigrationGates.HERE.close(round.point(), ScenarioTenant.WEB_VNIC.vm()) : null;
            barrier(round.name() + " armed");
            String id = conducts ? client().migrate(webId(), round.to().name()).id() : "";
            if (gate != null) {
                gate.awaitReached(LIMIT);
            }
            barrier(round.name() + " reached");
            if (conducts) {
                cut(round.from(), round.to());
            }
            barrier(round.name() + " cut");
            if (gate != null) {
                gate.open();
            }
            barrier(round.name() + " released");
            if (conducts) {
                whileCut.run(id);
                heal(round.from(), round.to());
            }
            barrier(round.name() + " healed");
            until("all hosts are reachable", LIMIT, () -> unreachable() == 0);
            barrier(round.name() + " whole");
            return conducts ? client().awaitMigration(id, LIMIT) : null;
        }

        private void awaitEnd(String migration) throws Exception {
            client().awaitMigration(migration, LIMIT);
            Objects.requireNonNull(traffic).awaitProgress();
        }

        private void awaitRollback(String migration) {
            until(
                    "the coordinator gives up",
                    LIMIT,
                    () -> client().migration(migration).phase().equals("ROLLING_BACK"));
        }

        private void move(RoleName to) throws Exception {
            long before = placement().epoch();
            String id = client().migrate(webId(), to.name()).id();
            assertLossless(client().awaitMigration(id, LIMIT));
            assertPlaced(to, before + 1);
        }

        private void assertEnds(MigrationView ended, RoleName where, long epochs) throws Exception {
            var receipt = Objects.requireNonNull(ended.receipt());
            assertThat(receipt.epochAfter() - receipt.epochBefore()).isEqualTo(epochs);
            assertPlaced(where, receipt.epochAfter());
            Objects.requireNonNull(traffic).awaitProgress();
        }

        private void assertPlaced(RoleName where, long epoch) {
            assertPlaced(ScenarioTenant.WEB, where, epoch, config.hosts());
            story.add(where.name() + " with epoch " + epoch);
        }

        private PlacementView placement() {
            return client().vm(ScenarioTenant.NAME, ScenarioTenant.WEB).placement();
        }

        private PortcullisClient client() {
            return client(coordinator);
        }

        private static String webId() {
            return ScenarioTenant.id(ScenarioTenant.WEB);
        }

        private void startThis() throws Exception {
            startHost(running -> new HeldDataPath(running, MigrationGates.HERE));
        }
    }
}
