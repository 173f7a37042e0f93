package io.portcullis.policy.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class NameMapTest {
    private static final int STEPS = 20_000;
    private static final int NAMES = 300;

    @Test
    void shouldDoWhatATreeMapDoesAndLeaveEarlierVersionsAlone() {
        long seed = Long.getLong("portcullis.seed", System.nanoTime());
        System.out.println("NameMapTest: -Dportcullis.seed=" + seed);
        Random random = new Random(seed);
        SortedMap<String, Integer> expected = new TreeMap<>();
        NameMap<Integer> map = NameMap.empty();
        SortedMap<String, Integer> expectedBefore = new TreeMap<>();
        NameMap<Integer> before = map;
        for (int step = 0; step < STEPS; step++) {
            String name = "n" + random.nextInt(NAMES);
            if (random.nextInt(5) < 3 - step / 4_000 % 3) {
                int value = random.nextInt(3);
                expected.put(name, value);
                map = map.with(name, value);
            } else {
                expected.remove(name);
                map = map.without(name);
            }
            if (step % 50 == 0) {
                assertThat(before).as("seed %d step %d: before", seed, step).isEqualTo(expectedBefore);
                assertThat(differences(before, map))
                        .as("seed %d step %d", seed, step)
                        .isEqualTo(differencesOf(expectedBefore, expected));
                assertSame(map, expected, "seed " + seed + " step " + step, random);
                before = map;
                expectedBefore = new TreeMap<>(expected);
            }
        }
    }

    private static void assertSame(
            NameMap<Integer> map, SortedMap<String, Integer> expected, String what, Random random) {
        assertThat(new ArrayList<>(map.entrySet())).as(what).isEqualTo(new ArrayList<>(expected.entrySet()));
        assertThat(map).as(what).hasSize(expected.size()).hasSameHashCodeAs(expected);
        assertThat(map.equals(expected)).as(what).isTrue();
        assertThat(expected.equals(map)).as(what).isTrue();
        assertThat(map).as(what).isEqualTo(NameMap.copyOf(expected));
        String from = "n" + random.nextInt(NAMES);
        String to = "n" + random.nextInt(NAMES);
        assertThat(map.tailMap(from)).as(what).isEqualTo(expected.tailMap(from));
        assertThat(map.headMap(to)).as(what).isEqualTo(expected.headMap(to));
        if (from.compareTo(to) <= 0) {
            assertThat(map.subMap(from, to)).as(what).isEqualTo(expected.subMap(from, to));
        }
        assertThat(map.get(from)).as(what).isEqualTo(expected.get(from));
        assertThat(map.containsKey(to)).as(what).isEqualTo(expected.containsKey(to));
        if (!expected.isEmpty()) {
            assertThat(map.firstKey()).isEqualTo(expected.firstKey());
            assertThat(map.lastKey()).isEqualTo(expected.lastKey());
        }
    }

    private static Map<String, List<@Nullable Integer>> differences(NameMap<Integer> before, NameMap<Integer> after) {
        Map<String, List<@Nullable Integer>> differences = new HashMap<>();
        NameMap.compare(before, after, (name, old, next) -> differences.put(name, Arrays.asList(old, next)));
        return differences;
    }

    private static Map<String, List<@Nullable Integer>> differencesOf(
            Map<String, Integer> before, Map<String, Integer> after) {
        Map<String, List<@Nullable Integer>> differences = new HashMap<>();
        TreeSet<String> names = new TreeSet<>(before.keySet());
        names.addAll(after.keySet());
        for (String name : names) {
            if (!Objects.equals(before.get(name), after.get(name))) {
                differences.put(name, Arrays.asList(before.get(name), after.get(name)));
            }
        }
        return differences;
    }

    @Test
    void shouldStayShallowWhateverTheOrderOfTheNames() {
        NameMap<Integer> ascending = NameMap.empty();
        NameMap<Integer> descending = NameMap.empty();
        for (int i = 0; i < 100_000; i++) {
            ascending = ascending.with("%06d".formatted(i), i);
            descending = descending.with("%06d".formatted(100_000 - i), i);
        }
        for (int i = 0; i < 99_000; i++) {
            ascending = ascending.without("%06d".formatted(i));
        }
        assertThat(depth(ascending)).isLessThan(25);
        assertThat(depth(descending)).isLessThan(42);
    }

    private static int depth(NameMap<Integer> map) {
        return depth(map.root());
    }

    private static int depth(@Nullable NameTree<Integer> tree) {
        return tree == null ? 0 : 1 + Math.max(depth(tree.left()), depth(tree.right()));
    }

    @Test
    void shouldBeTheSameObjectWhenNothingChanges() {
        Integer value = 70_000;
        NameMap<Integer> map = NameMap.<Integer>empty().with("a", value).with("b", 2);

        assertThat(map.with("a", value)).isSameAs(map);
        assertThat(map.without("c")).isSameAs(map);
        assertThat(NameMap.copyOf(map)).isSameAs(map);
    }

    @Test
    void shouldRefuseToBeChanged() {
        NameMap<Integer> map = NameMap.<Integer>empty().with("a", 1);

        assertThatThrownBy(() -> map.put("b", 2)).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> map.remove("a")).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(map::clear).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> map.entrySet().iterator().next().setValue(2))
                .isInstanceOf(UnsupportedOperationException.class);
    }
}
