package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.DB_1_ETH0;
import static io.portcullis.vnic.testkit.Samples.HOST_1;
import static io.portcullis.vnic.testkit.Samples.WEB_1_ETH0;
import static io.portcullis.vnic.testkit.Samples.table;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.runtime.DataPathException.Reason;
import io.portcullis.datapath.runtime.FlowReview;
import io.portcullis.policy.Action;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A host that is asked what tables would do to its vNICs. */
class FlowReviewerTest {
    private static final RuleTable CANDIDATE = table(Action.REJECT);

    @TempDir
    private Path directory;

    private HostAgentFixture host;

    @BeforeEach
    void start() {
        host = new HostAgentFixture(directory);
        host.setRules(7, Action.DROP);
        host.start();
        host.attach(1, true);
    }

    @AfterEach
    void stop() {
        host.close();
    }

    private HostReply review() {
        return review(List.of(WEB_1_ETH0, DB_1_ETH0));
    }

    private HostReply review(List<VnicId> vnics) {
        return host.ask(me -> new HostCommand.ReviewFlows(CANDIDATE.hash(), vnics, 5, me));
    }

    private HostReply offer(String hash) {
        return host.ask(
                me -> new HostCommand.OfferTable(hash, TablePiece.of(CANDIDATE).getFirst(), me));
    }

    @Test
    void shouldAskForATableThatItDoesNotHaveAndThenItsFirewalls() {
        assertThat(review()).isEqualTo(new HostReply.TableWanted(CANDIDATE.hash()));
        assertThat(offer(CANDIDATE.hash())).isEqualTo(new HostReply.TableTaken(CANDIDATE.hash(), 0));

        HostReply.FlowsReviewed reviewed = (HostReply.FlowsReviewed) review();

        assertThat(reviewed.host()).isEqualTo(HOST_1);
        assertThat(reviewed.reviews()).extracting(VnicReview::vnic).containsExactly(WEB_1_ETH0, DB_1_ETH0);
        FlowReview ofWeb = reviewed.reviews().getFirst().review();
        assertThat(ofWeb).isNotNull();
        assertThat(ofWeb.rulesHash()).isEqualTo(table(Action.DROP).hash());
        assertThat(reviewed.reviews().getLast().problem()).contains("not attached here");
        assertThat(host.dataPath.calls()).contains("review " + WEB_1_ETH0 + " 5");
        assertThat(host.dataPath.rules(WEB_1_ETH0)).as("nothing is installed").isEqualTo(table(Action.DROP));
    }

    @Test
    void shouldRefuseATableThatIsNotWhatItSays() {
        assertThat(offer("ab"))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.code()).isEqualTo(RefusalCode.INVALID));
        assertThat(review()).isInstanceOf(HostReply.TableWanted.class);
    }

    @Test
    void shouldSayOfEachFirewallWhyItCannotSay() {
        offer(CANDIDATE.hash());
        host.dataPath.failNext("review", Reason.BUSY);

        HostReply.FlowsReviewed reviewed = (HostReply.FlowsReviewed) review(List.of(WEB_1_ETH0));

        assertThat(reviewed.reviews()).extracting(VnicReview::review).containsOnlyNulls();
        assertThat(reviewed.reviews()).extracting(VnicReview::problem).containsExactly("told to fail");
    }
}
