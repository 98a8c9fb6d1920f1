using Ncn.Inference.Generation;

namespace Ncn.Inference.Tests.Generation;

public sealed class StopScannerTests
{
    [Theory]
    [InlineData("hello END more", "END", "hello ", true)]
    [InlineData("hello EN", "END", "hello EN", false)]
    [InlineData("aaab", "aab", "a", true)]
    [InlineData("ENEND", "END", "EN", true)]
    [InlineData("END", "END", "", true)]
    [InlineData("nothing here", "\n\n", "nothing here", false)]
    public void Text_up_to_the_stop_string_is_shown_however_it_is_cut(string text, string stop, string expected, bool stopped)
    {
        for (int piece = 1; piece <= text.Length; piece++)
        {
            var scanner = new StopScanner([stop]);
            string shown = string.Concat(text.Chunk(piece).Select(part => scanner.Push(new string(part))));
            Assert.Equal(expected, shown + scanner.Flush());
            Assert.Equal(stopped, scanner.Stopped);
        }
    }

    [Fact]
    public void The_earliest_of_several_wins()
    {
        var scanner = new StopScanner(["two", "one"]);
        Assert.Equal("zero ", scanner.Push("zero one two"));
        Assert.Equal("", scanner.Push("more"));
    }

    [Fact]
    public void What_cannot_begin_a_stop_string_is_not_held_back()
    {
        var scanner = new StopScanner(["###"]);
        Assert.Equal("text ", scanner.Push("text #"));
        Assert.Equal("#x", scanner.Push("x"));
    }

    [Fact]
    public void Without_stop_strings_all_passes() => Assert.Equal("anything", new StopScanner([]).Push("anything"));
}
