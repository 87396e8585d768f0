// Command gitops judges Kubernetes objects as the two GitOps tools do: by Flux's own library of object status, and by running an Argo CD health script in
// the interpreter that Argo CD uses. Tests call it; nothing here is compiled into steward.
//
//	gitops kstatus            < objects.json
//	gitops health SCRIPT.lua  < objects.json
//
// Standard input is one object or a List, as `kubectl get -o json` prints it. The answer is a JSON array of {kind, name, status, message}, in the same order.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	kstatus "github.com/fluxcd/cli-utils/pkg/kstatus/status"
	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A Verdict is what a tool would show of one object.
type Verdict struct {
	Kind    string `json:"kind"`
	Name    string `json:"name"`
	Status  string `json:"status"`
	Message string `json:"message"`
}

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "gitops:", err)
		os.Exit(1)
	}
}

func run(arguments []string, in io.Reader, out io.Writer) error {
	judge, err := judgeOf(arguments)
	if err != nil {
		return err
	}
	objects, err := read(in)
	if err != nil {
		return err
	}
	verdicts := []Verdict{}
	for _, object := range objects {
		status, message, err := judge(object)
		if err != nil {
			return fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
		}
		verdicts = append(verdicts, Verdict{object.GetKind(), object.GetName(), status, message})
	}
	return json.NewEncoder(out).Encode(verdicts)
}

type judge func(*unstructured.Unstructured) (status, message string, err error)

func judgeOf(arguments []string) (judge, error) {
	switch {
	case len(arguments) == 1 && arguments[0] == "kstatus":
		return byLibrary, nil
	case len(arguments) == 2 && arguments[0] == "health":
		script, err := os.ReadFile(arguments[1])
		if err != nil {
			return nil, err
		}
		return func(object *unstructured.Unstructured) (string, string, error) { return byScript(string(script), object) }, nil
	}
	return nil, errors.New("say `gitops kstatus` or `gitops health SCRIPT.lua`")
}

func read(in io.Reader) ([]*unstructured.Unstructured, error) {
	text, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	one := &unstructured.Unstructured{}
	if err := one.UnmarshalJSON(text); err != nil {
		return nil, err
	}
	if !one.IsList() {
		return []*unstructured.Unstructured{one}, nil
	}
	list, err := one.ToList()
	if err != nil {
		return nil, err
	}
	objects := []*unstructured.Unstructured{}
	for i := range list.Items {
		objects = append(objects, &list.Items[i])
	}
	return objects, nil
}

func byLibrary(object *unstructured.Unstructured) (string, string, error) {
	result, err := kstatus.Compute(object)
	if err != nil {
		return "", "", err
	}
	return result.Status.String(), result.Message, nil
}

// byScript runs a script with not a single library: Argo CD opens a few, and which is a setting.
func byScript(script string, object *unstructured.Unstructured) (string, string, error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	state.SetGlobal("obj", value(state, object.Object))
	if err := state.DoString(script); err != nil {
		return "", "", err
	}
	answer, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		return "", "", fmt.Errorf("the script returns a %s, and not a table", state.Get(-1).Type())
	}
	// What is not there is nil, and Argo CD then shows nothing.
	text := func(field string) string { return lua.LVAsString(answer.RawGetString(field)) }
	return text("status"), text("message"), nil
}

func value(state *lua.LState, from any) lua.LValue {
	switch from := from.(type) {
	case bool:
		return lua.LBool(from)
	case int64:
		return lua.LNumber(from)
	case float64:
		return lua.LNumber(from)
	case string:
		return lua.LString(from)
	case []any:
		table := state.CreateTable(len(from), 0)
		for _, element := range from {
			table.Append(value(state, element))
		}
		return table
	case map[string]any:
		table := state.CreateTable(0, len(from))
		for key, element := range from {
			table.RawSetString(key, value(state, element))
		}
		return table
	}
	return lua.LNil
}
