package io.portcullis.loadtest.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RealizeTenantTest {
    private static final int LAST = 49;

    private final RealizeTenant tenant = new RealizeTenant(4, 2, 100, 1);

    @Test
    void shouldChangeTheLastRuleOnly() {
        List<Map<String, Object>> before = rules(4, 5);
        List<Map<String, Object>> after = rules(4, 6);
        assertThat(before).hasSize(LAST + 1);
        assertThat(after.subList(0, LAST)).isEqualTo(before.subList(0, LAST));
        assertThat(after.getLast()).isNotEqualTo(before.getLast());
    }

    @Test
    void shouldChangeEveryRuleButThatOfTheNextApplication() {
        List<Map<String, Object>> before = rules(5, 5);
        List<Map<String, Object>> after = rules(6, 6);
        assertThat(after.getFirst()).isEqualTo(before.getFirst());
        assertThat(after.subList(1, LAST + 1)).doesNotContainAnyElementsOf(before.subList(1, LAST + 1));
    }

    @SuppressWarnings("unchecked")
    private List<Map<String, Object>> rules(int version, int versionOfLast) {
        return (List<Map<String, Object>>)
                tenant.policy(1, version, versionOfLast).get("rules");
    }
}
