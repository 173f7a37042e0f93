package io.portcullis.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.portcullis.policy.Action;
import io.portcullis.policy.AddressSource;
import io.portcullis.policy.Category;
import io.portcullis.policy.DiscoveredAddress;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.TcpPickup;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.VnicProtection;
import io.portcullis.policy.compile.PolicyCompiler;
import io.portcullis.policy.compile.RuleTableCodec;
import io.portcullis.policy.model.Alg;
import io.portcullis.policy.model.EditResult;
import io.portcullis.policy.model.Exclusion;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Group;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Peers;
import io.portcullis.policy.model.ProviderPolicies;
import io.portcullis.policy.model.QuotaItem;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.Schedule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.Segment;
import io.portcullis.policy.model.Service;
import io.portcullis.policy.model.ServiceSelection;
import io.portcullis.policy.model.StagedPolicy;
import io.portcullis.policy.model.Tag;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.TenantQuota;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.EthernetMatch;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.ServiceMatch;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class PolicyJacksonModuleTest {
    private static final VmId WEB = VmId.parse("acme/web-1");
    private static final VnicId WEB_ETH0 = VnicId.parse("acme/web-1/eth0");

    private final JsonMapper mapper = JsonMapper.builder()
            .addModules(new PolicyJacksonModule(), new JavaTimeModule())
            .build();

    static final List<ModelEdit> EVERY_EDIT = List.of(
            new ModelEdit.PutSegment(new Segment("lan", 100, "front")),
            new ModelEdit.PutVm(Vm.named(WEB)
                    .withOs("debian-13")
                    .withTag("app:web")
                    .withFinding("malware", "eicar")
                    .withVnic(new Vnic(
                            WEB_ETH0,
                            MacAddress.parse("02:00:00:00:00:01"),
                            List.of(InetAddress.ofLiteral("10.0.0.1"), InetAddress.ofLiteral("2001:db8::1")),
                            "lan",
                            "tap:web-1/eth0",
                            new VnicProtection(true, false, true, false, 3).withDiscovery(AddressSource.ND)))),
            new ModelEdit.PutGroup(new Group(
                    "all",
                    Expression.or(
                            Expression.tag("app:web"),
                            Expression.nameStartsWith("web-"),
                            Expression.os("debian-13"),
                            Expression.segment("lan"),
                            Expression.finding("malware"),
                            Expression.finding("malware", "eicar"),
                            Expression.addresses("10.0.0.0/8", "10.1.0.1-10.1.0.9", "2001:db8::/32"),
                            Expression.members("web-1"),
                            Expression.and(Expression.not(Expression.tag("app:db")))))),
            new ModelEdit.PutGroup(new Group("nested", Expression.group("all"))),
            new ModelEdit.PutService(
                    Service.of("web", ServiceMatch.ports(6, 21, 443).withTcpFlags(0x12, 0x02))
                            .withAlg(Alg.FTP)),
            new ModelEdit.PutPolicy(SecurityPolicy.of(
                    "frames",
                    Category.ETHERNET,
                    10,
                    Rule.drop("odd")
                            .services(ServiceSelection.named("web").negate())
                            .ethernet(EthernetMatch.etherTypes(0x0800).notFrom("02:00:00:00:00:00/24")))),
            new ModelEdit.PutPolicy(SecurityPolicy.of(
                    "app",
                    Category.APPLICATION,
                    10,
                    Rule.reject("no")
                            .from("all")
                            .to(Peers.addresses("10.0.0.9").negate())
                            .services("web")
                            .logAs("audit"),
                    Rule.allow("yes").from("nested").anyService())),
            new ModelEdit.PutStagedPolicy(StagedPolicy.removal("frames")),
            new ModelEdit.PutStagedPolicy(StagedPolicy.of(SecurityPolicy.of(
                    "app", Category.APPLICATION, 20, Rule.allow("yes").services("web")))),
            new ModelEdit.PutExclusion(
                    new Exclusion("aside", List.of("nested"), new TreeSet<>(Set.of("web-1")), "a way in")),
            new ModelEdit.SetTags("web-1", new TreeSet<>(Set.of(Tag.parse("app:web")))),
            new ModelEdit.SetFinding("web-1", "malware", "none"),
            new ModelEdit.ClearFinding("web-1", "malware"),
            new ModelEdit.SetDiscovered(
                    "web-1",
                    "eth0",
                    List.of(new DiscoveredAddress(InetAddress.ofLiteral("fd00::7"), AddressSource.ND, true))),
            new ModelEdit.SetDefaults(Action.REJECT, true, TimeoutPreset.NSX),
            new ModelEdit.RemoveStagedPolicy("frames"),
            new ModelEdit.PutPolicy(SecurityPolicy.of(
                            "night",
                            Category.APPLICATION,
                            20,
                            Rule.allow("vendor").anyService().expires(Instant.parse("2027-01-31T18:00:00.123456789Z")))
                    .withSchedule(Schedule.daily("Europe/Berlin", "22:00-06:00", "12:00-24:00")
                            .on(DayOfWeek.FRIDAY, DayOfWeek.MONDAY)
                            .between(LocalDate.parse("2026-12-01"), LocalDate.parse("2027-12-31")))
                    .withTcpPickup(TcpPickup.STRICT)),
            new ModelEdit.PutPolicy(SecurityPolicy.of(
                            "raw",
                            Category.INFRASTRUCTURE,
                            20,
                            Rule.allow("dns").services("dns"))
                    .withStateless(true)),
            new ModelEdit.SetClock(Instant.parse("2026-12-01T12:00:00.000000001Z")),
            new ModelEdit.SetQuota(TenantQuota.NONE.with(QuotaItem.VMS, 100).with(QuotaItem.RULES, 5_000)),
            new ModelEdit.AdoptProvider(ProviderPolicies.of(TenantModel.empty(TenantId.PROVIDER)
                    .replayed(
                            List.of(
                                    new ModelEdit.PutGroup(new Group("all", Expression.nameStartsWith("v"))),
                                    new ModelEdit.PutService(Service.of("ours", ServiceMatch.ports(6, 5_000, 5_009))),
                                    new ModelEdit.PutPolicy(SecurityPolicy.of(
                                                    "base",
                                                    Category.EMERGENCY,
                                                    1,
                                                    Rule.drop("no").from("all").services("ours", "https"))
                                            .withAppliedTo("all"))),
                            7))),
            new ModelEdit.RemovePolicy("night"),
            new ModelEdit.RemovePolicy("raw"),
            new ModelEdit.RemoveExclusion("aside"),
            new ModelEdit.RemovePolicy("app"),
            new ModelEdit.RemovePolicy("frames"),
            new ModelEdit.RemoveGroup("nested"),
            new ModelEdit.RemoveGroup("all"),
            new ModelEdit.RemoveService("web"),
            new ModelEdit.RemoveVm("web-1"),
            new ModelEdit.RemoveSegment("lan"));

    @Test
    void shouldReadBackEveryEdit() throws JsonProcessingException {
        TypeReference<List<ModelEdit>> type = new TypeReference<>() {};
        String json = mapper.writerFor(type).writeValueAsString(EVERY_EDIT);

        assertThat(mapper.readValue(json, type)).isEqualTo(EVERY_EDIT);
        assertThat(EVERY_EDIT.stream().map(Object::getClass).distinct().count())
                .as("kinds of edits")
                .isEqualTo(ModelEdit.class.getPermittedSubclasses().length);
    }

    @Test
    void shouldReadBackAModelAndItsTables() throws JsonProcessingException {
        EditResult.Accepted accepted = (EditResult.Accepted) TenantModel.empty(WEB.tenant())
                .apply(EVERY_EDIT.subList(0, EVERY_EDIT.indexOf(new ModelEdit.RemovePolicy("night"))));
        TenantModel model = accepted.model();
        RuleTable table = new PolicyCompiler().compile(model, WEB_ETH0);

        assertThat(mapper.readValue(mapper.writeValueAsString(model), TenantModel.class))
                .isEqualTo(model);
        assertThat(mapper.readValue(mapper.writeValueAsString(table), RuleTable.class))
                .isEqualTo(table);
    }

    @Test
    void shouldReadModelsThatKnowNothingOfExclusions() throws JsonProcessingException {
        TenantModel model = TenantModel.empty(WEB.tenant());
        String json = mapper.writeValueAsString(model);
        String before = json.replaceAll(",\"exclusions\":\\{}", "");

        assertThat(before).doesNotContain("exclusions").hasSizeLessThan(json.length());
        assertThat(mapper.readValue(before, TenantModel.class)).isEqualTo(model);
    }

    @Test
    void shouldReadModelsThatKnowNothingOfQuotas() throws JsonProcessingException {
        TenantModel model = TenantModel.empty(WEB.tenant());
        String json = mapper.writeValueAsString(model);
        String before = json.replaceAll(",\"quota\":\\{\"limits\":\\{}}", "");

        assertThat(before).doesNotContain("quota").hasSizeLessThan(json.length());
        assertThat(mapper.readValue(before, TenantModel.class)).isEqualTo(model);
    }

    @Test
    void shouldReadModelsThatKnowNothingOfAProvider() throws JsonProcessingException {
        TenantModel model = TenantModel.empty(WEB.tenant());
        String json = mapper.writeValueAsString(model);
        String before = json.replaceAll(",\"provider\":\\{.*}}", "}");

        assertThat(before).doesNotContain("provider").hasSizeLessThan(json.length());
        assertThat(mapper.readValue(before, TenantModel.class)).isEqualTo(model);
    }

    @Test
    void shouldReadRulesThatKnowNothingOfEthernetFlagsAndNegatedServices() throws JsonProcessingException {
        TypeReference<List<ModelEdit>> type = new TypeReference<>() {};
        ModelEdit policy = new ModelEdit.PutPolicy(SecurityPolicy.of(
                "app", Category.APPLICATION, 10, Rule.allow("r").services("web")));
        ModelEdit service = new ModelEdit.PutService(Service.of("web", ServiceMatch.ports(6, 80, 80)));
        String json = mapper.writerFor(type).writeValueAsString(List.of(policy, service));
        String before = json.replaceAll("\"ethernet\":\\{[^}]*},", "")
                .replaceAll(",\"(negated|tcpFlags[A-Z][a-z]+)\":(false|0)", "");

        assertThat(before).doesNotContain("ethernet", "tcpFlags").hasSizeLessThan(json.length());
        assertThat(mapper.readValue(before, type)).containsExactly(policy, service);
    }

    @Test
    void shouldReadEditsThatKnowNothingOfProtectionHelpersAndTimeouts() throws JsonProcessingException {
        TypeReference<List<ModelEdit>> type = new TypeReference<>() {};
        ModelEdit vm = new ModelEdit.PutVm(
                Vm.named(WEB).withVnic(new Vnic(WEB_ETH0, new MacAddress(2), List.of(), "lan", "memory:web-1")));
        ModelEdit service = new ModelEdit.PutService(Service.of("web", ServiceMatch.ports(6, 80, 80)));
        ModelEdit defaults = new ModelEdit.SetDefaults(Action.DROP, true);
        String json = mapper.writerFor(type).writeValueAsString(List.of(vm, service, defaults));
        String before = json.replaceAll(",\"protection\":\\{[^}]*}", "")
                .replaceAll(",\"discovered\":\\[]", "")
                .replaceAll(",\"(alg|timeouts)\":\"[A-Z]*\"", "");

        assertThat(before).doesNotContain("protection", "discover", "alg", "timeouts", "LINUX");
        assertThat(json).contains("protection", "discovered", "discovery", "alg", "timeouts");
        assertThat(mapper.readValue(json.replaceAll(",\"discovery\":\\[]", ""), type))
                .containsExactly(vm, service, defaults);
        assertThat(mapper.readValue(before, type)).containsExactly(vm, service, defaults);
    }

    @Test
    void shouldReadPoliciesThatKnowNothingOfDescriptionsLocksAndLabels() throws JsonProcessingException {
        ModelEdit policy = new ModelEdit.PutPolicy(SecurityPolicy.of(
                "app", Category.APPLICATION, 10, Rule.allow("r").services("web")));
        String json = mapper.writerFor(ModelEdit.class).writeValueAsString(policy);
        String before = json.replaceAll(",\"(description|lock|logLabel)\":(\"\"|null)", "");

        assertThat(before).doesNotContain("description", "lock", "logLabel");
        assertThat(json).contains("description", "logLabel");
        assertThat(mapper.readValue(before, ModelEdit.class)).isEqualTo(policy);
    }

    @Test
    void shouldReadModelsThatKnowNothingOfStagedPolicies() throws JsonProcessingException {
        TenantModel model = TenantModel.empty(WEB.tenant());
        String json = mapper.writeValueAsString(model);
        String before = json.replace(",\"staged\":{}", "");

        assertThat(before).doesNotContain("staged").hasSizeLessThan(json.length());
        assertThat(mapper.readValue(before, TenantModel.class)).isEqualTo(model);
    }

    @Test
    void shouldReadPoliciesAndModelsThatKnowNothingOfTime() throws JsonProcessingException {
        ModelEdit policy = new ModelEdit.PutPolicy(SecurityPolicy.of(
                "app", Category.APPLICATION, 10, Rule.allow("r").services("https")));
        TenantModel model =
                ((EditResult.Accepted) TenantModel.empty(WEB.tenant()).apply(policy)).model();
        String edit = mapper.writerFor(ModelEdit.class).writeValueAsString(policy);
        String state = mapper.writeValueAsString(model);
        String fields = ",\"(schedule|expires)\":null|,\"time\":0(\\.0+)?";

        assertThat(edit).contains("schedule", "expires");
        assertThat(state).contains("\"time\"");
        assertThat(edit.replaceAll(fields, "")).doesNotContain("schedule", "expires");
        assertThat(state.replaceAll(fields, "")).doesNotContain("\"time\"");
        assertThat(mapper.readValue(edit.replaceAll(fields, ""), ModelEdit.class))
                .isEqualTo(policy);
        assertThat(mapper.readValue(state.replaceAll(fields, ""), TenantModel.class))
                .isEqualTo(model);
    }

    @Test
    void shouldReadPoliciesThatKnowNothingOfState() throws JsonProcessingException {
        ModelEdit policy = new ModelEdit.PutPolicy(SecurityPolicy.of(
                "app", Category.APPLICATION, 10, Rule.allow("r").services("https")));
        String json = mapper.writerFor(ModelEdit.class).writeValueAsString(policy);
        String before = json.replaceAll(",\"(stateless|tcpPickup)\":(false|\"INHERIT\")", "");

        assertThat(json).contains("stateless", "tcpPickup");
        assertThat(before).doesNotContain("stateless", "tcpPickup");
        assertThat(mapper.readValue(before, ModelEdit.class)).isEqualTo(policy);
    }

    @Test
    void shouldUseIdsAsKeysAndTexts() throws JsonProcessingException {
        TypeReference<Map<VnicId, InetSocketAddress>> type = new TypeReference<>() {};
        Map<VnicId, InetSocketAddress> map =
                Map.of(WEB_ETH0, new InetSocketAddress(InetAddress.ofLiteral("2001:db8::1"), 80));
        String json = mapper.writerFor(type).writeValueAsString(map);

        assertThat(json).isEqualTo("{\"acme/web-1/eth0\":\"[2001:db8:0:0:0:0:0:1]:80\"}");
        assertThat(mapper.readValue(json, type)).isEqualTo(map);
    }

    @Test
    void shouldRefuseWhatIsNoIdNoAddressAndNoTable() {
        assertThatThrownBy(() -> mapper.readValue("\"Not An Id\"", VnicId.class))
                .isInstanceOf(JsonProcessingException.class);
        assertThatThrownBy(() -> mapper.readValue("\"example.com\"", InetAddress.class))
                .isInstanceOf(JsonProcessingException.class);
        assertThatThrownBy(() -> mapper.readValue("{\"type\":\"put-everything\"}", ModelEdit.class))
                .isInstanceOf(JsonProcessingException.class);
        byte[] damaged = RuleTableCodec.encode(RuleTableCodec.seal(List.of(), Action.DROP, false));
        damaged[0] ^= 1;
        assertThatThrownBy(() -> mapper.readValue(mapper.writeValueAsBytes(damaged), RuleTable.class))
                .isInstanceOf(JsonProcessingException.class);
    }
}
