package io.portcullis.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;

/** What the control plane sends, reads and keeps grows with the cluster no more than the cluster does, and a change costs what it concerns. */
class SimulationTest {
    private static final int VNICS_PER_HOST = 20;
    private static final List<String> CHANGES =
            List.of("attach", "tag", "policy", "detach", "join", "first attach", "leave");

    @Test
    void shouldCostNoMoreThanWhatIsConcerned() throws Exception {
        SimResult small = of(12);
        SimResult large = of(24);

        SoftAssertions softly = new SoftAssertions();
        for (String change : CHANGES) {
            SimResult.Change before = small.change(change);
            SimResult.Change now = large.change(change);
            softly.assertThat(now.sent().messages())
                    .as("messages of %s, with twice the hosts", change)
                    .isLessThanOrEqualTo(
                            before.sent().messages() + Math.max(4, before.sent().messages() / 4));
            if (!change.equals(
                    "leave")) { // a tenant that was there begins anew elsewhere, and says again what its vNICs are to
                // have
                softly.assertThat(now.vnics()).as("vNICs of %s", change).isEqualTo(before.vnics());
            }
        }
        SimResult.Change tag = large.change("tag");
        softly.assertThat(tag.sent().count("HostCommand.RuleTables")).isBetween(1L, tag.vnics());
        softly.assertThat(tag.sent().count("TenantCommand.ReportRealized"))
                .as("one report of each host that has new tables")
                .isLessThanOrEqualTo(tag.sent().count("HostCommand.RuleTables") + 4);
        softly.assertThat(large.attachPerVm()).as("messages of an attach").isLessThan(1.25 * small.attachPerVm());
        softly.assertThat(large.steady().perHost())
                .as("messages a second of a host while nothing happens")
                .isLessThan(1.1 * small.steady().perHost());
        softly.assertThat(large.away().perHost())
                .as("the same while another host is away")
                .isLessThan(1.25 * large.steady().perHost());
        softly.assertThat(large.directoryRows()).isEqualTo(large.shape().vms());
        softly.assertThat((double) large.directoryBytes() / large.directoryRows())
                .as("bytes of a row")
                .isLessThan(1.05 * small.directoryBytes() / small.directoryRows());
        softly.assertThat((double) large.events() / large.shape().vms())
                .as("events of a VM")
                .isLessThanOrEqualTo((double) small.events() / small.shape().vms());
        softly.assertThat(large.heapPerVnic()).as("heap of a vNIC").isLessThan(1.5 * small.heapPerVnic());
        softly.assertAll();
    }

    private static SimResult of(int hosts) throws Exception {
        SimResult result = SimRun.run(new SimShape(hosts, hosts * VNICS_PER_HOST, 2, 3, 2));
        assertThat(result.lost()).as("messages that nobody got").isEmpty();
        assertThat(result.largestMessage()).isLessThan(1 << 20);
        assertThat(Stream.concat(
                        Stream.of(
                                result.attach(),
                                result.steady().sent(),
                                result.away().sent()),
                        result.changes().stream().map(SimResult.Change::sent)))
                .allSatisfy(sent -> assertThat(sent.unserializable())
                        .as("messages that real nodes could not exchange")
                        .isZero());
        return result;
    }
}
