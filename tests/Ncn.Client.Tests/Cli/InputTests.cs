using Ncn.Cli;
using Ncn.Cli.Network;
using Ncn.Cli.Using;
using Ncn.Protocol;

namespace Ncn.Client.Tests.Cli;

public sealed class InputTests
{
    [Theory]
    [InlineData("1", 1_000_000)]
    [InlineData("$0.25", 250_000)]
    [InlineData("12.000001", 12_000_001)]
    public void Dollars_are_read_exactly(string text, ulong expected)
    {
        Assert.True(Dollars.TryParse(text, out var amount));
        Assert.Equal(new TokenAmount(expected), amount);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("1.0000001")]
    [InlineData("1.")]
    [InlineData("1.2.3")]
    [InlineData("1e6")]
    [InlineData("1,5")]
    public void What_is_no_amount_is_refused(string text) => Assert.False(Dollars.TryParse(text, out _));

    [Fact]
    public void Dollars_are_written_with_all_decimals() => Assert.Equal("$12.000345", Dollars.Of(new TokenAmount(12_000_345)));

    [Fact]
    public void Every_shipped_digit_is_read_as_ink_of_17_levels()
    {
        var samples = Directory.GetFiles(Path.Combine(Installation.Root, "compute-worker", "models", "digits", "1", "samples"), "*.png");
        Assert.Equal(100, samples.Length);
        Assert.All(samples, path =>
        {
            var ink = DigitImages.Read(path);
            Assert.Equal(64, ink.Length);
            Assert.All(ink, level => Assert.InRange(level, 0, 16));
            Assert.Contains(ink, level => level > 8);
        });
    }

    [Fact]
    public void A_file_that_is_no_image_is_named()
    {
        var error = Assert.Throws<CliException>(() => DigitImages.Read(typeof(InputTests).Assembly.Location));
        Assert.Contains("no PNG file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_are_made_once_readable_by_the_owner_only_and_never_alike()
    {
        var folder = Directory.CreateTempSubdirectory();
        var state = new StateFolder(folder.FullName);
        using var client = KeyFiles.Ensure(state, KeyFiles.Client);
        using var again = KeyFiles.Ensure(state, KeyFiles.Client);
        using var node = KeyFiles.Ensure(state, KeyFiles.Node(1));
        Assert.Equal(client.Address, again.Address);
        Assert.NotEqual(client.Address, node.Address);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(state.KeyFile(KeyFiles.Client)));
        folder.Delete(recursive: true);
    }
}
