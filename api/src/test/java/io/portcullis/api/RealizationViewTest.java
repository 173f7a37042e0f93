package io.portcullis.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RealizationViewTest {
    @Test
    void shouldListPendingVnicsFirstAndCountAll() {
        List<VnicRealization> vnics = IntStream.range(0, 10)
                .mapToObj(number -> new VnicRealization("acme/vm-" + number + "/eth0", "host-1", 7, number % 4 != 3))
                .toList();

        RealizationView all = new RealizationView("acme", 7, 7, false, vnics);
        RealizationView some = all.limitedTo(3);

        assertThat(all.attached()).isEqualTo(10);
        assertThat(all.pending()).isEqualTo(2);
        assertThat(some.attached()).isEqualTo(10);
        assertThat(some.pending()).isEqualTo(2);
        assertThat(some.vnics())
                .extracting(VnicRealization::vnic)
                .containsExactly("acme/vm-3/eth0", "acme/vm-7/eth0", "acme/vm-0/eth0");
        assertThat(some.limitedTo(0).vnics()).isEmpty();
    }
}
