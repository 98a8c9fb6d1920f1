using System.Globalization;
using System.Net;
using Ncn.Client;
using Ncn.Client.Inference;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests;

/// <summary>The Open Inference Protocol v2 on the vision gateway, with images that the model has never seen.</summary>
[Collection(PaidNetwork.Name)]
public sealed class InferenceProtocolTests(PaidNetwork shared)
{
    private const int Images = 20;

    // 20 a request and 100 a row, and the gateway's margin of 10 %.
    private static readonly TokenAmount Price = new(132);

    [Theory]
    [InlineData("v2/health/live", "live")]
    [InlineData("v2/health/ready", "ready")]
    [InlineData("v2/models/digits/ready", "ready")]
    [InlineData("v2/models/digits/versions/1/ready", "ready")]
    public async Task Health_is_good(string path, string member)
    {
        var answer = (await Web.GetAsync(new Uri(shared.Network.Vision, path))).IsOk();
        Assert.True(answer.Json.GetProperty(member).GetBoolean());
    }

    [Fact]
    public async Task Metadata_describes_server_and_model()
    {
        var server = (await Web.GetAsync(new Uri(shared.Network.Vision, "v2"))).IsOk().Json;
        Assert.Equal("ncn-gateway", server.GetProperty("name").GetString());
        Assert.Equal("""["binary_tensor_data"]""", server.GetProperty("extensions").GetRawText());

        var model = (await Web.GetAsync(new Uri(shared.Network.Vision, "v2/models/digits"))).IsOk().Json;
        Assert.Equal("digits", model.GetProperty("name").GetString());
        Assert.Equal("1", model.GetProperty("versions")[0].GetString());
        Assert.Equal("""{"name":"image","datatype":"FP32","shape":[-1,1,8,8]}""", model.GetProperty("inputs")[0].GetRawText());
        Assert.Equal("""{"name":"probabilities","datatype":"FP32","shape":[-1,10]}""", model.GetProperty("outputs")[0].GetRawText());

        (await Web.GetAsync(new Uri(shared.Network.Vision, "v2/models/digits/versions/9"))).IsInferenceError(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Held_out_images_are_classified_paid_and_receipted()
    {
        var before = await shared.Account.ReadSettledAsync();
        var client = shared.Account.Paying(shared.Network.Vision);
        var digests = (await client.ModelsAsync()).Single(model => model.Id == "digits").Digests;
        var right = 0;
        foreach (var path in Installation.DigitSamples.Take(Images))
        {
            var pixels = GreyImage.Read(path).Select(grey => grey / 255f).ToArray();
            var answer = await client.InferAsync("digits", new InferRequest([Tensor.Of("image", [1, 1, 8, 8], pixels)], "mine"));
            var probabilities = answer.Outputs.Single().Floats();
            Assert.Equal(10, probabilities.Length);
            Assert.Equal(1, probabilities.Sum(), 3);
            right += Array.IndexOf(probabilities, probabilities.Max()) == Truth(path) ? 1 : 0;
            Assert.Equal(("digits", "1", "mine"), (answer.ModelName, answer.ModelVersion, answer.Id));
            Assert.Equal(Price, answer.Network!.Cost);
            Assert.Null(ReceiptCheck.Problem(answer.Network, shared.Account.Settings.NetworkDomain, digests));
        }

        Assert.True(right >= Images - 2, $"{right} of {Images} images were right.");
        Assert.Equal(before + (Price * Images), await shared.Account.ReadSettledAsync());
    }

    [Fact]
    public async Task Command_line_classifies_an_image()
    {
        var path = Installation.DigitSamples[0];
        var command = await shared.Network.CommandAsync("classify", path);
        Assert.Contains($"{Path.GetFileName(path)}: {Truth(path)}", command.Succeeded(), StringComparison.Ordinal);
        Assert.Contains("verified", command.Errors, StringComparison.Ordinal);
    }

    private static int Truth(string path) => int.Parse(Path.GetFileNameWithoutExtension(path).Split('-')[1], CultureInfo.InvariantCulture);
}
