using Ncn.Deployment.Tests.Rules;

namespace Ncn.Deployment.Tests;

/// <summary>The Bicep files, as far as they can be known without Azure.</summary>
public sealed class BicepTests
{
    [Fact]
    public void Every_file_parses() => Holds(BicepRules.SyntaxErrors);

    [Fact]
    public void Every_name_is_declared() => Holds(BicepRules.UnknownNames);

    [Fact]
    public void Every_path_leads_to_what_it_names() => Holds(BicepRules.BrokenPaths);

    [Fact]
    public void Modules_are_given_what_they_ask_for_and_have_what_is_read() => Holds(BicepRules.BrokenModules);

    [Fact]
    public void Both_sets_of_parameters_fit() => Holds(BicepRules.BrokenParameterFiles);

    [Fact]
    public void Everything_that_is_declared_is_used() => Holds(BicepRules.Unused);

    [Fact]
    public void Parameters_and_outputs_say_what_they_are() => Holds(BicepRules.Undescribed);

    [Fact]
    public void Secure_parameters_are_marked() => Holds(BicepRules.UnmarkedSecrets);

    [Fact]
    public void Versions_of_the_API_are_listed_with_their_source() => Holds(BicepRules.UnlistedVersions);

    [Fact]
    public void The_main_file_is_a_list_of_modules() =>
        Assert.InRange(DeploymentFiles.Real["infra-bicep/main.bicep"].Split('\n').Length, 1, 150);

    [Fact]
    public void No_data_service_of_production_is_public() => Holds(AccessRules.PublicAddresses);

    [Fact]
    public void Services_have_no_keys_that_work() => Holds(AccessRules.KeysThatWork);

    [Fact]
    public void No_key_is_asked_for_given_out_or_written_down() => Holds(AccessRules.Keys);

    [Fact]
    public void Every_identity_has_the_roles_that_it_needs_and_no_others() => Holds(AccessRules.Roles);

    internal static void Holds(Func<DeploymentFiles, IEnumerable<string>> rule)
    {
        var found = rule(DeploymentFiles.Real).ToArray();
        Assert.True(found.Length == 0, string.Join('\n', found));
    }
}
