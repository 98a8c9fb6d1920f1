using Ncn.Inference.Repository;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Inference.Tests.Repository;

public sealed class ModelRepositoryTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("ncn-models-").FullName;

    public ModelRepositoryTests()
    {
        foreach (string file in Directory.GetFiles(ShippedModels.Root, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(_root, Path.GetRelativePath(ShippedModels.Root, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task It_loads_both_kinds_and_offers_what_it_loaded()
    {
        await using ModelRepository repository = Load();
        Assert.Empty(repository.Failures);
        ModelOffer digits = repository.Models.Single(model => model.Manifest.Name == "digits").Offer;
        Assert.Equal(("tensor", "CPU", "FP32"), (digits.Kind, digits.ExecutionProvider, digits.Inputs[0].Datatype));
        Assert.Equal([-1, 1, 8, 8], digits.Inputs[0].Shape);
        ModelOffer chat = repository.Models.Single(model => model.Manifest.Name == "tiny-chat").Offer;
        Assert.Equal(("decoder", 1024u), (chat.Kind, chat.ContextTokens));
        Assert.Same(repository.Models.Single(model => model.Offer.Digest == chat.Digest), repository.Find(chat.Digest));
    }

    [Fact]
    public async Task Only_the_wanted_models_are_loaded_and_a_missing_one_is_reported()
    {
        await using ModelRepository repository = ModelRepository.Load(_root, new InferenceOptions(), ["digits", "absent"]);
        Assert.Equal("digits", Assert.Single(repository.Models).Manifest.Name);
        Assert.Equal("absent", Assert.Single(repository.Failures).Model);
    }

    [Fact]
    public Task A_changed_file_is_refused_and_the_other_model_served() =>
        Breaks("digests differ", "model.onnx has the digest", folder => File.AppendAllText(Path.Combine(folder, "model.onnx"), "x"));

    [Fact]
    public Task A_missing_file_is_named() => Breaks("file", "model.onnx is missing", folder => File.Delete(Path.Combine(folder, "model.onnx")));

    [Fact]
    public Task A_file_that_the_digest_does_not_cover_is_refused() =>
        Breaks("stray", "weights.data lies in the model's folder", folder => File.WriteAllText(Path.Combine(folder, "weights.data"), "x"));

    [Fact]
    public Task A_manifest_that_is_no_json_is_refused() => Breaks("json", "cannot be read", folder => Manifest(folder, _ => "{"));

    [Fact]
    public Task A_path_out_of_the_folder_is_refused() =>
        Breaks("path", "stay inside", folder => Manifest(folder, text => text.Replace("\"model.onnx\"", "\"../model.onnx\"", StringComparison.Ordinal)));

    [Fact]
    public Task A_name_that_is_not_the_folders_is_refused() =>
        Breaks("place", "not the folder's place", folder => Manifest(folder, text => text.Replace("\"digits\"", "\"digitz\"", StringComparison.Ordinal)));

    [Fact]
    public Task A_price_that_is_no_amount_is_refused() =>
        Breaks("price", "cannot be read", folder => Manifest(folder, text => text.Replace("\"100\"", "\"-1\"", StringComparison.Ordinal)));

    [Fact]
    public Task A_missing_manifest_beside_a_model_is_reported() =>
        Breaks("manifest", "is missing", folder => File.Delete(Path.Combine(folder, ModelManifest.FileName)));

    [Fact]
    public Task A_file_that_the_runtime_cannot_load_is_reported() => Breaks("runtime", "model.onnx: it is no ONNX model", folder =>
    {
        string file = Path.Combine(folder, "model.onnx");
        string before = ModelFiles.Digest(file).ToString();
        File.WriteAllText(file, "no model");
        Manifest(folder, text => text.Replace(before, ModelFiles.Digest(file).ToString(), StringComparison.Ordinal));
    });

    [Fact]
    public void The_digest_depends_on_files_runtime_and_provider()
    {
        ModelManifest manifest = ModelManifest.Read(Path.Combine(_root, "digits", "1"));
        ModelDigest digest = ModelFiles.Digest(manifest, "onnxruntime/1", "CPU");
        Assert.Equal(digest, ModelFiles.Digest(manifest, "onnxruntime/1", "CPU"));
        Assert.NotEqual(digest, ModelFiles.Digest(manifest, "onnxruntime/2", "CPU"));
        Assert.NotEqual(digest, ModelFiles.Digest(manifest, "onnxruntime/1", "CUDA"));
        var other = new Dictionary<string, Hash32>(manifest.Files) { ["extra"] = Keccak256.Of([]) };
        Assert.NotEqual(digest, ModelFiles.Digest(manifest with { Files = other }, "onnxruntime/1", "CPU"));
    }

    [Fact]
    public void A_hash_in_pieces_is_the_hash_of_the_whole()
    {
        byte[] data = [.. Enumerable.Range(0, 1000).Select(i => (byte)(i % 251))];
        foreach (int piece in (int[])[1, 135, 136, 137, 999, 1000])
        {
            var hash = new IncrementalKeccak256();
            foreach (byte[] part in data.Chunk(piece))
            {
                hash.Append(part);
            }

            Assert.Equal(Keccak256.Of(data), hash.Finish());
        }
    }

    private async Task Breaks(string what, string words, Action<string> breakIt)
    {
        breakIt(Path.Combine(_root, "digits", "1"));
        await using ModelRepository repository = Load();
        ModelFailure failure = Assert.Single(repository.Failures);
        Assert.True(failure.Model == "digits/1" && failure.Problem.Contains(words, StringComparison.Ordinal), $"{what}: {failure}");
        Assert.Equal("tiny-chat", Assert.Single(repository.Models).Manifest.Name);
    }

    private ModelRepository Load() => ModelRepository.Load(_root, new InferenceOptions(), []);

    private static void Manifest(string folder, Func<string, string> change)
    {
        string file = Path.Combine(folder, ModelManifest.FileName);
        File.WriteAllText(file, change(File.ReadAllText(file)));
    }
}
