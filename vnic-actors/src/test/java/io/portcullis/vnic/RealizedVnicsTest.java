package io.portcullis.vnic;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RealizedVnicsTest {
    private static VnicId vnic(int number) {
        return new VnicId(new VmId(new TenantId("acme"), "vm-" + number), "eth0");
    }

    private static TenantCommand.Realized realized(long revision, boolean enforcing) {
        return new TenantCommand.Realized(new RuleAssignment(revision, "hash-" + revision), enforcing);
    }

    @Test
    void shouldHaveTheSameDigestForTheSameWhateverCameBefore() {
        Random random = new Random(1);
        RealizedVnics churned = new RealizedVnics();
        for (int i = 0; i < 10_000; i++) {
            VnicId vnic = vnic(random.nextInt(50));
            if (random.nextInt(4) == 0) {
                churned.remove(vnic);
            } else {
                churned.put(vnic, realized(random.nextInt(5), random.nextBoolean()));
            }
        }
        RealizedVnics fresh = new RealizedVnics();
        IntStream.range(0, 50)
                .mapToObj(RealizedVnicsTest::vnic)
                .filter(churned::contains)
                .forEach(vnic -> {
                    TenantCommand.Realized its = churned.get(vnic);
                    if (its != null) {
                        fresh.put(vnic, its);
                    }
                });

        assertThat(fresh.all()).isEqualTo(churned.all());
        assertThat(fresh.digest()).isEqualTo(churned.digest());
        List.copyOf(fresh.ids()).forEach(fresh::remove);
        assertThat(fresh.digest()).isEqualTo(new RealizedVnics().digest());
    }

    @Test
    void shouldHaveAnotherDigestForWhateverDiffers() {
        RealizedVnics one = new RealizedVnics();
        one.put(vnic(1), realized(1, true));
        RealizedVnics other = new RealizedVnics();
        long nothing = other.digest();

        other.put(vnic(1), realized(1, false));
        assertThat(other.digest()).isNotIn(nothing, one.digest());
        other.put(vnic(1), realized(2, true));
        assertThat(other.digest()).isNotIn(nothing, one.digest());
        other.put(vnic(1), new TenantCommand.Realized(new RuleAssignment(1, "hash-1", 1, "shadow"), true));
        assertThat(other.digest()).isNotIn(nothing, one.digest());
        other.remove(vnic(1));
        other.put(vnic(2), realized(1, true));
        assertThat(other.digest()).isNotIn(nothing, one.digest());
    }

    /** Nodes on different machines compare it: it follows from the texts alone. */
    @Test
    void shouldHaveTheDigestThatOtherNodesHave() {
        RealizedVnics there = new RealizedVnics();
        there.put(vnic(1), realized(7, true));

        assertThat(there.digest()).isEqualTo(3_460_427_183_289_574_946L);
    }
}
