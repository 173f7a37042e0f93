package io.portcullis.policy.model;

import static io.portcullis.policy.model.TestTenant.aTenant;
import static io.portcullis.policy.model.TestTenant.accepted;
import static io.portcullis.policy.model.TestTenant.ip;
import static io.portcullis.policy.model.TestTenant.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.AddressSource;
import io.portcullis.policy.DiscoveredAddress;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.VnicProtection;
import io.portcullis.policy.compile.GroupMembership;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DiscoveredAddressesTest {
    private static final VnicProtection DISCOVERS =
            VnicProtection.STRICT.withLearnedAddresses(8).withDiscovery(AddressSource.ARP, AddressSource.DHCP);

    private final TestTenant builder = aTenant().segment("lan", 10).segment("dmz", 20);
    private final TenantModel model = builder.with(vm("web-1", "lan"))
            .with(vm("web-2", "lan"))
            .with(vm("web-3", "dmz"))
            .vm("db-1", "", "10.0.0.9")
            .group("web", Expression.nameStartsWith("web"))
            .build();

    private ModelEdit vm(String name, String segment, String... declared) {
        return new ModelEdit.PutVm(Vm.named(VmId.parse("acme/" + name))
                .withVnic(builder.vnic(name, "eth0", segment, declared).withProtection(DISCOVERS)));
    }

    private static ModelEdit found(String vm, String... addresses) {
        return new ModelEdit.SetDiscovered(
                vm,
                "eth0",
                List.of(addresses).stream()
                        .map(address -> new DiscoveredAddress(ip(address), AddressSource.ARP))
                        .toList());
    }

    private static List<String> has(TenantModel model, String vm) {
        return model.vnic(VnicId.parse("acme/" + vm + "/eth0")).orElseThrow().discovered().stream()
                .map(each -> each.address().getHostAddress() + (each.held() ? " held" : ""))
                .toList();
    }

    private static List<String> web(TenantModel model) {
        return GroupMembership.of(model).ranges("web").stream()
                .map(range -> new AddressLiteral(range).toString())
                .toList();
    }

    @Test
    void shouldCountForGroupsLikeDeclaredAddresses() {
        TenantModel found = accepted(model.apply(found("web-1", "10.0.0.1", "10.0.0.2")));

        assertThat(web(model)).isEmpty();
        assertThat(web(found)).containsExactly("10.0.0.1-10.0.0.2");
        assertThat(web(accepted(found.apply(found("web-1", "10.0.0.2"))))).containsExactly("10.0.0.2");
    }

    @Test
    void shouldHoldBackWhatAnotherOfTheSegmentHadFirst() {
        TenantModel first = accepted(model.apply(found("web-2", "10.0.0.1")));
        TenantModel second = accepted(first.apply(found("web-1", "10.0.0.1", "10.0.0.5")));
        TenantModel elsewhere = accepted(second.apply(found("web-3", "10.0.0.1")));

        assertThat(has(elsewhere, "web-2")).containsExactly("10.0.0.1");
        assertThat(has(elsewhere, "web-1")).containsExactly("10.0.0.1 held", "10.0.0.5");
        assertThat(has(elsewhere, "web-3")).containsExactly("10.0.0.1");
    }

    @Test
    void shouldHoldBackWhatAnotherDeclaresAlsoIfItDeclaresItLater() {
        TenantModel claimed = accepted(model.apply(found("web-1", "10.0.0.9", "10.0.0.7")));
        TenantModel declared = accepted(claimed.apply(vm("web-2", "lan", "10.0.0.7")));

        assertThat(has(claimed, "web-1")).containsExactly("10.0.0.9 held", "10.0.0.7");
        assertThat(has(declared, "web-1")).containsExactly("10.0.0.9 held", "10.0.0.7 held");
        assertThat(web(declared)).containsExactly("10.0.0.7");
    }

    @Test
    void shouldUndoAlsoWhatADeclarationTookFromOthers() {
        TenantModel claimed = accepted(model.apply(found("web-1", "10.0.0.7")));
        List<ModelEdit> declare = List.of(vm("web-2", "lan", "10.0.0.7"));
        TenantModel declared = accepted(claimed.apply(declare));

        List<ModelEdit> undo = ModelChange.made(claimed, declared, declare).stream()
                .map(ModelChange::undo)
                .toList();
        assertThat(accepted(declared.apply(undo)).vms()).isEqualTo(claimed.vms());
        assertThat(claimed.replayed(declare, 99).vms()).isEqualTo(declared.vms());
    }

    @Test
    void shouldGiveWhatBecameFreeToWhoIsFoundWithItAgain() {
        TenantModel held = accepted(model.apply(List.of(found("web-2", "10.0.0.1"), found("web-1", "10.0.0.1"))));
        TenantModel free = accepted(held.apply(found("web-2")));

        assertThat(has(free, "web-1")).containsExactly("10.0.0.1 held");
        assertThat(free.isTaken("lan", ip("10.0.0.1"))).isFalse();
        assertThat(has(accepted(free.apply(found("web-1", "10.0.0.1"))), "web-1"))
                .containsExactly("10.0.0.1");
    }

    @Test
    void shouldForgetWhatIsDeclaredNowAndAllWithoutDiscovery() {
        Vnic vnic = accepted(model.apply(found("web-1", "10.0.0.1", "10.0.0.2")))
                .vnic(VnicId.parse("acme/web-1/eth0"))
                .orElseThrow();
        Vnic declares = new Vnic(
                vnic.id(),
                vnic.mac(),
                List.of(ip("10.0.0.2")),
                "lan",
                vnic.port(),
                vnic.protection(),
                vnic.discovered());

        assertThat(declares.allAddresses()).containsExactly(ip("10.0.0.2"), ip("10.0.0.1"));
        assertThat(vnic.withProtection(VnicProtection.STRICT).discovered()).isEmpty();
    }

    @Test
    void shouldRefuseWhatIsTooManyOrNoAddressOfAHost() {
        String[] many =
                IntStream.rangeClosed(1, 65).mapToObj(n -> "10.1.0." + n).toArray(String[]::new);
        assertThat(refused(model.apply(found("web-1", many))))
                .singleElement()
                .satisfies(problem -> assertThat(problem.hint()).contains("MAX_DISCOVERED_PER_VNIC"));
        assertThat(refused(model.apply(found("web-1", "224.0.0.1")))).hasSize(1);
        assertThat(refused(model.apply(found("web-9", "10.0.0.1"))))
                .singleElement()
                .satisfies(problem -> assertThat(problem.path()).isEqualTo("/vms/web-9~1eth0"));
    }
}
