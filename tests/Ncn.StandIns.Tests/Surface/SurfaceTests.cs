using Grpc.Core;

namespace Ncn.StandIns.Tests.Surface;

/// <summary>Application code that compiles against a stand-in must compile against the official package.</summary>
public sealed class SurfaceTests
{
    public static TheoryData<string> StandIns => [.. StandInFolders.Names().Select(folder => Path.GetFileName(folder)!)];

    [Theory]
    [MemberData(nameof(StandIns))]
    public void A_stand_in_has_only_official_members(string standIn)
    {
        var official = OfficialLists.For(standIn);
        Assert.True(official.Count > 0, $"There is no list for {standIn} in official-api: add it, or name the lists that it pools in OfficialLists.");
        var assembly = StandInFolders.Load(StandInFolders.Names().Single(folder => Path.GetFileName(folder) == standIn));
        var unofficial = OfficialLists.Unofficial(PublicSurface.Of(assembly), official);
        Assert.True(unofficial.Count == 0, $"{standIn} has {unofficial.Count} public members that the official package lacks. Make them internal, or give them the official signature:\n{string.Join('\n', unofficial)}");
    }

    [Fact]
    public void There_are_stand_ins_to_check() => Assert.Contains(StandInFolders.Names(), folder => Path.GetFileName(folder) == "Grpc.Core.Api");

    [Fact]
    public void A_member_that_the_official_class_lacks_is_reported() =>
        Assert.Equal(["Grpc.Core.VersionInfo.Planted() -> System.String static"], Unofficial(typeof(VersionInfo)));

    [Fact]
    public void A_member_with_another_modifier_is_reported() =>
        Assert.Equal(["Grpc.Core.VerifyPeerContext()", "Grpc.Core.VerifyPeerContext.PeerPem { get; } -> System.String static"], Unofficial(typeof(VerifyPeerContext)));

    [Fact]
    public void A_parameter_with_another_name_is_reported() =>
        Assert.Equal(["Grpc.Core.KeyCertificatePair(System.String certificates, System.String privateKey)"], Unofficial(typeof(KeyCertificatePair)));

    private static IReadOnlyList<string> Unofficial(Type type) => OfficialLists.Unofficial(PublicSurface.Of(type), OfficialLists.For("Grpc.Core.Api"));
}
