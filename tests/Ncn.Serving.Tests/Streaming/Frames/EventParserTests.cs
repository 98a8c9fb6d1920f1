using System.Text;
using Ncn.Serving.Streaming.Frames;

namespace Ncn.Serving.Tests.Streaming.Frames;

public sealed class EventParserTests
{
    private const string Stream = "id: r:0\ndata: {\"a\":1}\n\n: still there\n\nevent: x.y\r\ndata: one\r\ndata: two\r\n\r\ndata:[DONE]\n\ndata: cut off";

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Events_are_the_same_however_the_stream_is_chopped_up(int size)
    {
        var parser = new EventParser(1024);
        var events = Encoding.UTF8.GetBytes(Stream).Chunk(size).SelectMany(part => parser.Add(part)).ToArray();
        Assert.Equal(
            [("r:0", null, "{\"a\":1}"), (null, "x.y", "one\ntwo"), (null, null, "[DONE]")],
            events.Select(static served => (served.Id, served.Name, Encoding.UTF8.GetString(served.Data.Span))));
    }

    [Fact]
    public void An_event_has_a_largest_size()
    {
        var parser = new EventParser(64);
        Assert.Throws<InvalidDataException>(() => Enumerable.Range(0, 20).SelectMany(_ => parser.Add("data: 123456\n"u8)).ToArray());
    }
}
