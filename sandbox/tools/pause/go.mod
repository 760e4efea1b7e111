module github.com/campus-voice/sandbox/pause

go 1.26.0
