using System.Diagnostics;
using Ncn.Inference.Repository;
using Ncn.Inference.Repository.Trials;
using Ncn.Inference.Tensors;
using Ncn.Protocol;

namespace Ncn.Inference.Tests.Repository;

/// <summary>What was verified is what is loaded, and nothing that is no plain file is ever opened.</summary>
public sealed class StagedModelTests : IDisposable
{
    private readonly RepositoryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_that_changes_after_it_was_verified_changes_nothing()
    {
        string source = Path.Combine(_folder.WriteTensor("scorer"), "model.onnx");
        byte[] expected = await AnswerAsync(null);
        byte[] actual = await AnswerAsync(new Meanwhile(() => File.WriteAllText(source, "another model")));
        Assert.Equal(expected, actual);
    }

    [Fact]
    public async Task Copies_do_not_stay_whether_the_load_succeeds_or_fails()
    {
        _folder.WriteTensor("scorer");
        File.AppendAllText(Path.Combine(_folder.WriteTensor("broken"), "model.onnx"), "x");
        await using ModelRepository repository = _folder.Load();
        Assert.Single(repository.Models);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Staging));
    }

    [Fact]
    public async Task Without_copies_the_models_own_folder_is_loaded()
    {
        _folder.WriteTensor("scorer");
        InferenceOptions options = _folder.Options;
        (options.CopyBeforeLoading, options.StagingFolder) = (false, "/nowhere");
        await using ModelRepository repository = ModelRepository.Load(_folder.Root, options, []);
        Assert.Single(repository.Models);
    }

    [Fact]
    public Task A_staging_folder_that_cannot_be_written_is_reported()
    {
        InferenceOptions options = _folder.Options;
        options.StagingFolder = "/proc";
        return FailsAsync("its files cannot be read, or not be copied to be verified", _ => { }, options);
    }

    [Fact]
    public Task A_model_larger_than_allowed_is_refused_before_it_is_read()
    {
        InferenceOptions options = _folder.Options;
        options.MaxModelMegabytes = 1;
        return FailsAsync("at most", folder =>
        {
            using FileStream file = File.Open(Path.Combine(folder, "model.onnx"), FileMode.Open);
            file.SetLength(1L << 42); // sparse: four terabytes that take no room
        }, options);
    }

    [Fact]
    public Task A_symbolic_link_is_refused_though_its_content_is_right() => FailsAsync("model.onnx is a symbolic link", folder =>
    {
        string file = Path.Combine(folder, "model.onnx"), elsewhere = Path.Combine(_folder.Staging, "elsewhere");
        File.Move(file, elsewhere);
        File.CreateSymbolicLink(file, elsewhere);
    });

    [Fact]
    public Task A_manifest_that_is_a_link_is_refused() => FailsAsync("ncn-model.json is a symbolic link", folder =>
    {
        File.Delete(Path.Combine(folder, "ncn-model.json"));
        File.CreateSymbolicLink(Path.Combine(folder, "ncn-model.json"), "/etc/passwd");
    });

    [Fact]
    public Task A_folder_in_a_files_place_is_refused() => FailsAsync("model.onnx is no regular file", folder =>
    {
        File.Delete(Path.Combine(folder, "model.onnx"));
        Directory.CreateDirectory(Path.Combine(folder, "model.onnx"));
    });

    [Fact]
    public Task A_named_pipe_is_refused_and_holds_nobody_up() => FailsAsync("model.onnx is no regular file", folder =>
    {
        File.Delete(Path.Combine(folder, "model.onnx"));
        using Process made = Process.Start("mkfifo", [Path.Combine(folder, "model.onnx")]);
        made.WaitForExit();
        Assert.Equal(0, made.ExitCode);
    });

    [Fact]
    public Task A_linked_folder_within_the_model_is_refused() => FailsAsync("the folder weights is a symbolic link", folder =>
    {
        string elsewhere = Directory.CreateDirectory(Path.Combine(_folder.Staging, "elsewhere")).FullName;
        File.Move(Path.Combine(folder, "model.onnx"), Path.Combine(elsewhere, "model.onnx"));
        Directory.CreateSymbolicLink(Path.Combine(folder, "weights"), elsewhere);
        string manifest = Path.Combine(folder, ModelManifest.FileName);
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("\"model.onnx\"", "\"weights/model.onnx\"", StringComparison.Ordinal));
    });

    private async Task FailsAsync(string words, Action<string> change, InferenceOptions? options = null)
    {
        change(_folder.WriteTensor("scorer"));
        await using ModelRepository repository = ModelRepository.Load(_folder.Root, options ?? _folder.Options, []);
        Assert.Contains(words, Assert.Single(repository.Failures).Problem, StringComparison.Ordinal);
        Assert.Empty(repository.Models);
    }

    private async Task<byte[]> AnswerAsync(IModelTrial? trial)
    {
        await using ModelRepository repository = ModelRepository.Load(_folder.Root, _folder.Options, [], trial);
        var model = (LoadedTensorModel)Assert.Single(repository.Models);
        var input = new TensorValue("input", TensorDatatype.FP32, [1, 4], new byte[16]);
        using TensorAnswer answer = await model.Engine.RunAsync([input], [], default);
        return Assert.Single(answer).Data.ToArray();
    }

    /// <summary>Does something between the check and the load.</summary>
    private sealed class Meanwhile(Action happening) : IModelTrial
    {
        public string? Problem(TrialOrder order)
        {
            happening();
            return null;
        }

        public void Dispose()
        {
        }
    }
}
