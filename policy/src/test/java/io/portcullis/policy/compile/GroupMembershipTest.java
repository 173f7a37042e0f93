package io.portcullis.policy.compile;

import static io.portcullis.policy.model.Expression.addresses;
import static io.portcullis.policy.model.Expression.and;
import static io.portcullis.policy.model.Expression.finding;
import static io.portcullis.policy.model.Expression.group;
import static io.portcullis.policy.model.Expression.members;
import static io.portcullis.policy.model.Expression.name;
import static io.portcullis.policy.model.Expression.nameContains;
import static io.portcullis.policy.model.Expression.nameMatches;
import static io.portcullis.policy.model.Expression.nameStartsWith;
import static io.portcullis.policy.model.Expression.not;
import static io.portcullis.policy.model.Expression.or;
import static io.portcullis.policy.model.Expression.os;
import static io.portcullis.policy.model.Expression.segment;
import static io.portcullis.policy.model.Expression.tag;
import static io.portcullis.policy.model.TestTenant.aTenant;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.AddressLiteral;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Limits;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.TestTenant;
import io.portcullis.policy.model.Vm;
import java.util.List;
import org.junit.jupiter.api.Test;

class GroupMembershipTest {
    private static TestTenant tenant() {
        TestTenant tenant = aTenant()
                .segment("lan", 10)
                .segment("dmz", 20)
                .vm("web-1", "app:web env:prod", "10.0.0.1", "2001:db8::1")
                .vm("web-2", "app:web", "10.0.0.2")
                .vm("silent", "app:web");
        return tenant.with(new ModelEdit.PutVm(Vm.named(VmId.parse("acme/db-1"))
                .withOs("Debian-13")
                .withFinding("malware", "eicar")
                .withVnic(tenant.vnic("db-1", "eth0", "lan", "10.0.0.3"))
                .withVnic(tenant.vnic("db-1", "eth1", "dmz", "10.0.0.3"))));
    }

    private static List<String> membersOf(Expression expression) {
        TenantModel model = tenant().group("g", expression).build();
        return GroupMembership.of(model).members("g").stream()
                .map(VnicId::toString)
                .map(id -> id.replace("acme/", "").replace("/eth0", ""))
                .toList();
    }

    private static List<String> rangesOf(Expression expression) {
        TenantModel model = tenant().group("g", expression).build();
        return GroupMembership.of(model).ranges("g").stream()
                .map(range -> new AddressLiteral(range).toString())
                .toList();
    }

    @Test
    void shouldFindMembersByEveryCriterion() {
        assertThat(membersOf(tag("app:web"))).containsExactly("silent", "web-1", "web-2");
        assertThat(membersOf(name("web-1"))).containsExactly("web-1");
        assertThat(membersOf(nameStartsWith("web-"))).containsExactly("web-1", "web-2");
        assertThat(membersOf(nameContains("-1"))).containsExactly("db-1", "db-1/eth1", "web-1");
        assertThat(membersOf(os("debian-13"))).containsExactly("db-1", "db-1/eth1");
        assertThat(membersOf(segment("dmz"))).containsExactly("db-1/eth1");
        assertThat(membersOf(finding("malware"))).containsExactly("db-1", "db-1/eth1");
        assertThat(membersOf(finding("malware", "mirai"))).isEmpty();
        assertThat(membersOf(addresses("10.0.0.2-10.0.0.9"))).containsExactly("db-1", "db-1/eth1", "web-2");
        assertThat(membersOf(members("silent", "web-2"))).containsExactly("silent", "web-2");
    }

    @Test
    void shouldCombineCriteria() {
        assertThat(membersOf(and(tag("app:web"), not(tag("env:prod"))))).containsExactly("silent", "web-2");
        assertThat(membersOf(or(segment("dmz"), name("web-2")))).containsExactly("db-1/eth1", "web-2");
        assertThat(membersOf(not(tag("app:web")))).containsExactly("db-1", "db-1/eth1");
    }

    @Test
    void shouldCompareWholeTextsWithPatternsWhateverTheirCase() {
        assertThat(membersOf(nameMatches("WEB-[0-9]+"))).containsExactly("web-1", "web-2");
        assertThat(membersOf(nameMatches("eb-[0-9]+"))).isEmpty();
        assertThat(membersOf(nameMatches("web|db-\\d"))).containsExactly("db-1", "db-1/eth1");
        assertThat(membersOf(nameMatches("web-\\D"))).isEmpty();
    }

    @Test
    void shouldStandForTheAddressesOfMembersAndForAddressSets() {
        assertThat(rangesOf(tag("app:web"))).containsExactly("10.0.0.1-10.0.0.2", "2001:db8::1");
        assertThat(rangesOf(or(name("web-1"), addresses("192.0.2.0/24"))))
                .containsExactly("10.0.0.1", "192.0.2.0/24", "2001:db8::1");
        assertThat(rangesOf(not(addresses("10.0.0.0/8")))).containsExactly("2001:db8::1");
        assertThat(rangesOf(and(addresses("192.0.2.0/24"), addresses("192.0.2.128/25", "2001:db8::/32"))))
                .containsExactly("192.0.2.128/25");
    }

    @Test
    void shouldNotBringInOtherAddressesOfAVnicThroughAnAddressSet() {
        assertThat(rangesOf(addresses("10.0.0.1"))).containsExactly("10.0.0.1");
        assertThat(rangesOf(and(tag("app:web"), addresses("10.0.0.0/24")))).containsExactly("10.0.0.1-10.0.0.2");
    }

    @Test
    void shouldExplainWhyAVmIsInAGroup() {
        TenantModel model = tenant().group("quarantined", tag("security:quarantine"))
                .group("web", and(tag("app:web"), not(group("quarantined"))))
                .build();

        assertThat(GroupMembership.of(model).explain(VmId.parse("acme/web-2"), "web"))
                .containsExactly(
                        "acme/web-2 is in group web",
                        "  eth0 10.0.0.2: yes",
                        "    all of: yes",
                        "      tag app:web: yes (has [app:web])",
                        "      not: yes",
                        "        in group quarantined: no",
                        "          tag security:quarantine: no (has [app:web])");
        assertThat(GroupMembership.of(model).explain(VmId.parse("acme/db-1"), "web"))
                .startsWith("acme/db-1 is not in group web", "  eth0 10.0.0.3: no", "    all of: no")
                .contains("      tag app:web: no (has no tags)");
    }

    @Test
    void shouldStayQuickWhenGroupsShareInnerGroups() {
        TestTenant tenant = tenant().group("a0", tag("app:web")).group("b0", segment("lan"));
        for (int level = 1; level < Limits.MAX_GROUP_NESTING; level++) {
            Expression both = and(group("a" + (level - 1)), group("b" + (level - 1)));
            tenant.group("a" + level, both).group("b" + level, or(both, addresses("192.0.2.1")));
        }
        GroupMembership membership = GroupMembership.of(tenant.build());
        String top = "b" + (Limits.MAX_GROUP_NESTING - 1);

        assertThat(membership.members(top)).hasSize(3);
        assertThat(membership.ranges(top)).hasSize(3);
        assertThat(membership.explain(VmId.parse("acme/web-2"), top))
                .startsWith("acme/web-2 is in group b31", "  eth0 10.0.0.2: yes", "    any of: yes")
                .anyMatch(line -> line.endsWith("in group a28: yes (see above)"));
    }

    @Test
    void shouldCutExplanationsThatNobodyWouldRead() {
        Expression wide = new Expression.Or(java.util.Collections.nCopies(900, tag("no:where")));
        GroupMembership membership =
                GroupMembership.of(tenant().group("g", or(wide, tag("app:web"))).build());

        assertThat(membership.explain(VmId.parse("acme/web-2"), "g"))
                .hasSize(Explanation.MAX_LINES)
                .startsWith("acme/web-2 is in group g", "  eth0 10.0.0.2: yes", "    any of: yes", "      any of: no")
                .endsWith("… and more");
    }

    @Test
    void shouldExplainAsItDecides() {
        long seed = Long.getLong("portcullis.seed", System.nanoTime());
        System.out.println("GroupMembershipTest: -Dportcullis.seed=" + seed);
        java.util.Random seeds = new java.util.Random(seed);
        for (int round = 0; round < 200; round++) {
            TenantModel model = new RandomTenant(seeds.nextLong()).model();
            GroupMembership membership = GroupMembership.of(model);
            for (String group : model.groups().keySet()) {
                for (Vm vm : model.vms().values()) {
                    boolean member = membership.members(group).stream()
                            .anyMatch(vnic -> vnic.vm().equals(vm.id()));
                    assertThat(membership.explain(vm.id(), group).getFirst())
                            .as("seed %d", seed)
                            .isEqualTo(vm.id() + (member ? " is in group " : " is not in group ") + group);
                }
            }
        }
    }

    @Test
    void shouldSayWhatIsMissingWhenThereIsNothingToExplain() {
        TenantModel model = tenant().with(
                        new ModelEdit.PutVm(Vm.named(VmId.parse("acme/bare")).withTag("app:web")))
                .group("web", tag("app:web"))
                .build();
        GroupMembership membership = GroupMembership.of(model);

        assertThat(membership.explain(VmId.parse("acme/bare"), "web"))
                .containsExactly("acme/bare is not in group web: it has no vNIC");
        assertThat(membership.explain(VmId.parse("globex/web-1"), "web"))
                .containsExactly("globex/web-1 is no VM of tenant acme");
        assertThatThrownBy(() -> membership.explain(VmId.parse("acme/web-1"), "nope"))
                .hasMessage("tenant acme has no group 'nope'");
    }
}
