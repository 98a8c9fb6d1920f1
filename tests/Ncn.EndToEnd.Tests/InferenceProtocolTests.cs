using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
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
    public async Task Binary_tensors_are_paid_as_json_is_and_a_repeat_gives_the_same_bytes_once_charged()
    {
        var pixels = GreyImage.Read(Installation.DigitSamples[0]).Select(grey => grey / 255f).ToArray();
        var json = (await shared.Account.Paying(shared.Network.Vision).InferAsync("digits", new InferRequest([Tensor.Of("image", [1, 1, 8, 8], pixels)], "mine"))).Outputs.Single().Floats();
        var before = await shared.Account.ReadSettledAsync();
        var payment = await shared.Account.PayAsync(new TokenAmount(10_000));
        var key = Guid.NewGuid().ToString();
        var first = await PostBinaryAsync(pixels, payment, key);
        Assert.Equal(json, MemoryMarshal.Cast<byte, float>(first.AsSpan()[^40..]).ToArray());
        Assert.Equal(before + Price, await shared.Account.ReadSettledAsync());
        Assert.Equal(first, await PostBinaryAsync(pixels, payment, key));
        Assert.Equal(before + Price, await shared.Account.ReadSettledAsync());
    }

    [Fact]
    public async Task Command_line_classifies_an_image()
    {
        var path = Installation.DigitSamples[0];
        var command = await shared.Network.CommandAsync("classify", path);
        Assert.Contains($"{Path.GetFileName(path)}: {Truth(path)}", command.Succeeded(), StringComparison.Ordinal);
        Assert.Contains("verified", command.Errors, StringComparison.Ordinal);
    }

    private async Task<byte[]> PostBinaryAsync(float[] pixels, string payment, string key)
    {
        const string header = "Inference-Header-Content-Length";
        var json = """{"inputs":[{"name":"image","shape":[1,1,8,8],"datatype":"FP32","parameters":{"binary_data_size":256}}],"parameters":{"binary_data_output":true}}"""u8.ToArray();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(shared.Network.Vision, "v2/models/digits/infer"))
        {
            Content = new ByteArrayContent([.. json, .. MemoryMarshal.AsBytes<float>(pixels)]),
        };
        request.Headers.Add("PAYMENT-SIGNATURE", payment);
        request.Headers.Add("Idempotency-Key", key);
        request.Headers.Add(header, json.Length.ToString(CultureInfo.InvariantCulture));
        using var answer = await Web.Client.SendAsync(request);
        var body = await answer.Content.ReadAsByteArrayAsync();
        Assert.True(answer.IsSuccessStatusCode, Encoding.UTF8.GetString(body));
        var length = int.Parse(answer.Headers.GetValues(header).Single(), CultureInfo.InvariantCulture);
        Assert.Equal(40, body.Length - length);
        using var document = JsonDocument.Parse(body.AsMemory(0, length));
        Assert.Equal(Price.ToString(), document.RootElement.GetProperty("parameters").GetProperty("ncn").GetProperty("cost").GetString());
        return body;
    }

    private static int Truth(string path) => int.Parse(Path.GetFileNameWithoutExtension(path).Split('-')[1], CultureInfo.InvariantCulture);
}
